# Reference values of alpha (psych 2.2.9, Feldt's interval) and omega total (factanal, R 4.2;
# semTools 0.5-6 gives the same from lavaan, obs.var = FALSE).
# Run in this folder: Rscript reliability.R   writes reliability.csv and reliability.json.
suppressMessages({library(psych); library(lavaan); library(semTools)})
set.seed(11)
n <- 150
factor <- rnorm(n)
loading <- c(.9, .7, .8, .5)
items <- sapply(loading, function(l) pmin(5, pmax(1, round(3 + 1.1 * (l * factor + sqrt(1 - l^2) * rnorm(n))))))
colnames(items) <- paste0("x", 1:4)
write.csv(items, "reliability.csv", row.names = FALSE)
covariance <- cov(items)
a <- alpha(items)
f <- factanal(covmat = covariance, factors = 1, n.obs = n, control = list(opt = list(factr = 1)))
sd <- sqrt(diag(covariance))
raw <- as.numeric(f$loadings) * sd
unique <- f$uniquenesses * sd^2
omega <- sum(raw)^2 / (sum(raw)^2 + sum(unique))
fit <- cfa("f =~ x1 + x2 + x3 + x4", as.data.frame(items))
k <- 4; df1 <- n - 1; df2 <- df1 * (k - 1)
feldt <- 1 - (1 - a$total$raw_alpha) * qf(c(.975, .025), df1, df2)
rest <- sapply(1:k, function(j) cor(items[, j], rowMeans(items[, -j])))
j <- function(x) paste0("[", paste(formatC(x, digits = 10, format = "g"), collapse = ", "), "]")
writeLines(sprintf('{"alpha": %.10f, "interval": %s, "omega": %.10f, "omega_semtools": %.10f,\n "loadings": %s, "uniquenesses": %s,\n "item_rest": %s}',
  a$total$raw_alpha, j(feldt), omega, as.numeric(suppressWarnings(compRelSEM(fit, tau.eq = FALSE, obs.var = FALSE))), j(f$loadings), j(f$uniquenesses), j(rest)), "reliability.json")
