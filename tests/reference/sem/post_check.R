# Is a solution admissible? lavInspect(fit, "post.check") of three factors with two items each, whose
# correlations are (r12, r13, r23); written to post_check.csv. R with lavaan 0.6-14.
suppressMessages(library(lavaan))
model <- "f =~ a1 + a2\ng =~ b1 + b2\nh =~ c1 + c2"
items <- c("a1", "a2", "b1", "b2", "c1", "c2")
check <- function(r12, r13, r23) {
  phi <- diag(3)
  phi[lower.tri(phi)] <- c(r12, r13, r23)
  phi[upper.tri(phi)] <- t(phi)[upper.tri(phi)]
  loadings <- 0.5 * kronecker(diag(3), matrix(1, 2, 1))
  cov <- loadings %*% phi %*% t(loadings) + 0.75 * diag(6)
  dimnames(cov) <- list(items, items)
  fit <- suppressWarnings(cfa(model, sample.cov = cov, sample.nobs = 500))
  data.frame(r12, r13, r23, admissible = suppressWarnings(lavInspect(fit, "post.check")))
}
found <- rbind(check(0.9, 0.9, -0.5), check(0.9, 0.9, 0.7), check(0.5, 0.5, -0.6), check(0.7, 0.7, -0.1))
write.csv(found, "post_check.csv", row.names = FALSE)
