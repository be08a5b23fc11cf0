# Saturated moments of more items than Newton's method is used for, with answers missing at random
# and three items that were asked of half of the rows.
#
#   Rscript saturated.R          (R 4.2, lavaan 0.6-14)
suppressMessages(library(lavaan))
set.seed(55)
n <- 250
items <- 22
common <- matrix(rnorm(2 * n), n)[, rep(1:2, each = items / 2)]
data <- as.data.frame(round(3 + 0.8 * common + 0.6 * matrix(rnorm(n * items), n)))
names(data) <- paste0("x", seq_len(items))
for (item in names(data)) data[[item]][runif(n) < plogis(-2 + 0.4 * (data$x1 - 3))] <- NA
data[1:(n / 2), paste0("x", 20:22)] <- NA
write.csv(data, "saturated.csv", row.names = FALSE, na = "")
model <- paste("f =~", paste(names(data), collapse = " + "))
fit <- suppressWarnings(cfa(model, data, missing = "fiml", em.h1.tol = 1e-13,
                            em.h1.iter.max = 100000, se = "none", test = "none"))
found <- lavInspect(fit, "h1")
jsonlite::write_json(
  list(mean = unclass(unname(found$mean)), cov = unclass(unname(found$cov))),
  "saturated.json", digits = I(12)
)
