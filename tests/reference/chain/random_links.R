# Random slopes without errors of measurement: R 4.2, lme4 1.1-31.
# Run here: Rscript random_links.R  writes random_links.csv and random_links.json
suppressMessages(library(lme4))
set.seed(12)
sizes <- c(10, 12, 12, 14, 15, 16, 18, 18, 20, 24)
organisation <- rep(seq_along(sizes), sizes)
level <- rnorm(length(sizes), sd = 2)
link <- rnorm(length(sizes), .5, .3)
people <- rnorm(length(organisation)) + level[organisation]
service <- 3 * level[organisation] + link[organisation] * people + .8 * rnorm(length(organisation))
data <- data.frame(organisation, people, service)
write.csv(format(data, digits = 12), "random_links.csv", row.names = FALSE, quote = FALSE)

fit <- lmer(service ~ 0 + factor(organisation) + people + (0 + people | organisation), data)
tau <- attr(VarCorr(fit)$organisation, "stddev")[[1]]
effects <- ranef(fit)$organisation
# Given the mean link alone; lme4's own takes the organisations' levels as known too.
conditional <- tapply(people, organisation, function(x)
  1 / (1 / tau^2 + sum((x - mean(x))^2) / sigma(fit)^2))
# The restricted log likelihood at a residual variance, directly from its definition.
restricted <- function(tau, sigma2) {
  x <- model.matrix(~ 0 + factor(organisation) + people, data)
  same <- outer(organisation, organisation, "==")
  v <- sigma2 * diag(nrow(data)) + tau^2 * same * outer(people, people)
  w <- solve(v)
  p <- w - w %*% x %*% solve(t(x) %*% w %*% x, t(x) %*% w)
  -.5 * (determinant(v)$modulus + determinant(t(x) %*% w %*% x)$modulus +
         t(service) %*% p %*% service)[1]
}
taus <- c(.05, .1, .2, .4, .8)
cat(jsonlite::toJSON(list(
  tau = tau, residual = sigma(fit)^2, mean = fixef(fit)[["people"]],
  error = sqrt(vcov(fit)["people", "people"]),
  links = fixef(fit)[["people"]] + effects$people,
  conditional_variance = c(conditional),
  taus = taus, restricted = sapply(taus, restricted, sigma2 = sigma(fit)^2)),
  auto_unbox = TRUE, digits = NA, pretty = TRUE), file = "random_links.json")
