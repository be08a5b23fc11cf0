# Reference values of validity and dimensionality: lavaan 0.6-14, semTools 0.5-6, psych 2.2.9 and
# GPArotation (for the rotation), on lavaan's HolzingerSwineford1939.
# Run in this folder: Rscript validity.R   writes holzinger.csv and validity.json.
suppressMessages({library(lavaan); library(semTools); library(psych); library(GPArotation)})
items <- paste0("x", 1:9)
data <- HolzingerSwineford1939[, items]
write.csv(cbind(school = HolzingerSwineford1939$school, data), "holzinger.csv", row.names = FALSE)
model <- "visual =~ x1 + x2 + x3
          textual =~ x4 + x5 + x6
          speed =~ x7 + x8 + x9"
fit <- cfa(model, data)
standard <- cfa(model, as.data.frame(scale(data)), std.lv = TRUE)
h <- htmt(model, data, htmt2 = FALSE)
j <- function(x) paste0("[", paste(formatC(as.numeric(x), digits = 10, format = "g"), collapse = ", "), "]")
correlations <- lavInspect(fit, "cor.lv")

# Exploratory: three factors, minimum residuals, oblique.
r <- cor(data)
f <- fa(r, 3, n.obs = nrow(data), fm = "minres", rotate = "none", min.err = 1e-12)
rotated <- oblimin(unclass(f$loadings), eps = 1e-7, maxit = 10000)
by_psych <- fa(r, 3, n.obs = nrow(data), fm = "minres", rotate = "oblimin")

# Horn's parallel analysis, the 95th percentile of 2,000 random matrices.
set.seed(20)
random <- replicate(2000, {
  s <- cor(matrix(rnorm(301 * 9), 301))
  reduced <- s; diag(reduced) <- smc(s)
  c(eigen(s)$values, eigen(reduced)$values)
})
reduced <- r; diag(reduced) <- smc(r)
# Which loading or intercept differs between the schools: score tests.
score <- function(equal, op) {
  g <- cfa(model, HolzingerSwineford1939, group = "school", group.equal = equal)
  table <- parTable(g)
  rows <- table[table$op == "==", ]
  tests <- lavTestScore(g)$uni
  first <- table[match(rows$lhs, table$plabel), ]
  keep <- first$op == op
  data.frame(item = (if (op == "=~") first$rhs else first$lhs)[keep], x2 = tests$X2[keep])
}
loading <- score("loadings", "=~")
intercept <- score(c("loadings", "intercepts"), "~1")
named <- function(d) paste0("{", paste(sprintf('"%s": %.8f', d$item, d$x2), collapse = ", "), "}")
writeLines(sprintf('{"composite_reliability": %s,\n "ave": %s,\n "correlations": %s,\n "htmt": %s,\n "minres_uniquenesses": %s,\n "minres_residual": %.12f,\n "oblimin_loadings": %s,\n "oblimin_phi": %s,\n "psych_loadings": %s,\n "horn_components": %s,\n "horn_factors": %s,\n "eigenvalues": %s,\n "reduced_eigenvalues": %s,\n "score_loadings": %s,\n "score_intercepts": %s}',
  j(compRelSEM(fit, tau.eq = FALSE, obs.var = FALSE)), j(suppressWarnings(AVE(standard))),
  j(correlations[lower.tri(correlations)]), j(h[lower.tri(h)]),
  j(f$uniquenesses), sum((r - unclass(f$loadings) %*% t(unclass(f$loadings)))[lower.tri(r)]^2),
  j(t(rotated$loadings)), j(rotated$Phi), j(t(unclass(by_psych$loadings))),
  j(apply(random[1:9, ], 1, quantile, .95)), j(apply(random[10:18, ], 1, quantile, .95)),
  j(eigen(r)$values), j(eigen(reduced)$values), named(loading), named(intercept)), "validity.json")
