# Reference values of ICC(1), ICC(2) and r_wg(j): R 4.2, multilevel 2.7.
# Run in this folder: Rscript agreement.R   writes agreement.csv (data) and agreement.json (values).
suppressMessages(library(multilevel))
set.seed(7)
draw <- function(sizes) {
  unit <- rep(seq_along(sizes), sizes)
  level <- rnorm(length(sizes), 0, 0.7)[unit] + rnorm(length(unit))
  items <- sapply(1:3, function(j) pmin(5, pmax(1, round(3.2 + 0.8 * level + rnorm(length(unit), 0, 0.8)))))
  data.frame(unit = unit, x1 = items[, 1], x2 = items[, 2], x3 = items[, 3])
}
balanced <- cbind(design = "balanced", draw(rep(6, 8)))
unbalanced <- cbind(design = "unbalanced", draw(c(2, 3, 5, 8, 13, 4, 9)))
write.csv(rbind(balanced, unbalanced), "agreement.csv", row.names = FALSE)

values <- function(d) {
  score <- rowMeans(d[, c("x1", "x2", "x3")])
  model <- aov(score ~ as.factor(d$unit))
  table <- summary(model)[[1]]
  between <- table[1, "Mean Sq"]; within <- table[2, "Mean Sq"]
  n <- as.numeric(table(d$unit)); k <- length(n)
  n0 <- (sum(n) - sum(n^2) / sum(n)) / (k - 1)
  f <- between / within
  limits <- f / qf(c(.975, .025), k - 1, sum(n) - k)
  list(icc1_multilevel = ICC1(model), icc2 = ICC2(model),
       icc1 = (between - within) / (between + (n0 - 1) * within),
       lower = (limits[1] - 1) / (limits[1] + n0 - 1),
       upper = (limits[2] - 1) / (limits[2] + n0 - 1),
       rwg = rwg.j(d[, c("x1", "x2", "x3")], d$unit, ranvar = (5^2 - 1) / 12)$rwg.j)
}
number <- function(x) paste0(if (length(x) > 1) "[", paste(formatC(x, digits = 12, format = "g"), collapse = ", "), if (length(x) > 1) "]")
object <- function(l) paste0("{", paste0('"', names(l), '": ', sapply(l, number), collapse = ", "), "}")
writeLines(paste0('{"balanced": ', object(values(balanced)), ',\n "unbalanced": ', object(values(unbalanced)), "}"), "agreement.json")
