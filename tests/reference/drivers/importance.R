# Reference values of relative importance: R 4.2, base packages only.
# Run in this folder: Rscript importance.R   writes cars.csv (data) and importance.json.
#
# cars.csv: fuel consumption and five properties of 32 cars (R's mtcars, Henderson & Velleman 1981).
# lmg: what each predictor adds to R², averaged over all 120 orders of entering, one lm() a model.
# johnson: Johnson's (2000) formula with the singular value decomposition of the standardised
# predictors, as in his appendix, not with eigenvectors of their correlations.
predictors <- c("cyl", "disp", "hp", "wt", "qsec")
data <- mtcars[c("mpg", predictors)]
write.csv(data, "cars.csv", row.names = FALSE)

r2 <- function(used) if (length(used)) summary(lm(reformulate(used, "mpg"), data))$r.squared else 0
orders <- function(x) if (length(x) < 2) list(x) else
  do.call(c, lapply(x, function(first) lapply(orders(setdiff(x, first)), function(rest) c(first, rest))))
all_orders <- orders(predictors)
lmg <- setNames(numeric(length(predictors)), predictors)
for (order in all_orders) for (i in seq_along(order))
  lmg[order[i]] <- lmg[order[i]] + r2(order[seq_len(i)]) - r2(order[seq_len(i - 1)])
lmg <- lmg / length(all_orders)

n <- nrow(data)
x <- scale(data[predictors]) / sqrt(n - 1)
y <- scale(data$mpg) / sqrt(n - 1)
parts <- svd(x)
z <- parts$u %*% t(parts$v)              # the orthonormal variables nearest to x
beta <- crossprod(z, y)
lambda <- crossprod(z, x)                # loadings of x on z
johnson <- as.vector(t(lambda^2) %*% beta^2)

number <- function(v) paste0("[", paste(formatC(v, digits = 15, format = "g"), collapse = ", "), "]")
writeLines(sprintf('{"lmg": %s,\n "johnson": %s,\n "r_squared": %s}', number(lmg), number(johnson),
                   formatC(r2(predictors), digits = 15, format = "g")), "importance.json")
