# Expected values of tests/chain/test_study_fit.py: a chain of scores within organisations, errors
# of scores fixed at what is specific to items, errors of estimates clustered by organisation.
# R 4.2.2, lavaan 0.6-14. Run in this folder: Rscript within_scores.R
suppressMessages({library(lavaan); library(jsonlite)})
set.seed(5)
sizes <- c(7, 12, 5, 9, 15, 8, 11, 6, 10, 13, 9, 14)
organisation <- rep(seq_along(sizes), sizes)
n <- length(organisation)
level <- matrix(rnorm(3 * length(sizes)), ncol = 3)[organisation, ]
people <- rnorm(n)
service <- 0.4 * people + 0.9 * rnorm(n)
trust <- 0.6 * service + 0.1 * people + 0.8 * rnorm(n)
constructs <- list(p = people + level[, 1], s = service - level[, 1], t = trust + level[, 3])
count <- c(p = 3, s = 2, t = 1)
data <- data.frame(organisation = organisation, unit = seq_len(n))
for (name in names(constructs)) for (i in seq_len(count[name])) {
  noise <- if (count[name] > 1) 0.6 * rnorm(n) else 0
  data[[paste0(name, i)]] <- round(50 + 8 * (constructs[[name]] + noise), 3)
}
write.csv(data, "within_scores.csv", row.names = FALSE)

apart <- function(x) x - ave(x, organisation)
size <- ave(rep(1, n), organisation, FUN = sum)
scores <- data.frame(organisation = organisation)
error <- numeric()
for (name in names(constructs)) {
  items <- data[paste0(name, seq_len(count[name]))]
  score <- rowMeans(items)
  scores[[name]] <- mean(score) + sqrt(size / (size - 1)) * apart(score)
  s <- crossprod(sapply(items, apart)) / (n - length(sizes))
  error[name] <- if (ncol(s) > 1) (mean(diag(s)) - mean(s[lower.tri(s)])) / ncol(s) else 0
}
model <- sprintf("
  people =~ p\n service =~ s\n trust =~ t
  p ~~ %.12f * p\n s ~~ %.12f * s\n t ~~ 0 * t
  service ~ a * people\n trust ~ b * service + c * people
  indirect := a * b", error["p"], error["s"])
fit <- sem(model, scores, estimator = "MLR", missing = "ml", cluster = "organisation",
           meanstructure = TRUE)
table <- subset(standardizedSolution(fit), label %in% c("a", "b", "c", "indirect"))
raw <- subset(parameterEstimates(fit), label %in% c("a", "b", "c", "indirect"))
write_json(list(lavaan = as.character(packageVersion("lavaan")), link = table$label,
                strength = table$est.std, se = table$se, points = raw$est, points_se = raw$se),
           "within_scores.json", digits = 8, auto_unbox = TRUE)
