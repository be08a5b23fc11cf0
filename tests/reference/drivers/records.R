# Slopes within organisations: least squares, of logarithms, and Poisson with an exposure.
# Rscript tests/reference/drivers/records.R, in the folder of the repository.
rows <- read.csv("tests/reference/drivers/records.csv")
rows$group <- factor(rows$group)
poisson <- glm(count ~ x + group + offset(log(exposure)), family = quasipoisson, data = rows,
               control = glm.control(epsilon = 1e-14))
slopes <- data.frame(
  shape = c("", "log", "count"),
  slope = c(
    coef(lm(amount ~ x + group, data = rows))[["x"]],
    coef(lm(log(amount) ~ x + group, data = rows))[["x"]],
    coef(poisson)[["x"]]
  )
)
slopes$slope <- sprintf("%.12f", slopes$slope)
write.csv(slopes, "tests/reference/drivers/records-expected.csv", row.names = FALSE, quote = FALSE)
