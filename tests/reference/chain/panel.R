# Reference values of panel models and of changes between waves: R 4.2, lavaan 0.6-14.
# Run in this folder: Rscript panel.R   writes panel.csv (data) and panel.json (values).
suppressMessages(library(lavaan))
set.seed(1)
units <- 240
waves <- c("2021", "2022", "2023")
lasting <- matrix(rnorm(2 * units), units) %*% chol(matrix(c(1, .4, .4, 1), 2))
now <- matrix(rnorm(2 * units), units)
trend <- rnorm(units, 0, .25)
rows <- list()
for (t in 1:3) {
  if (t > 1) now <- now %*% matrix(c(.35, .1, .25, .35), 2) + .9 * matrix(rnorm(2 * units), units)
  level <- lasting + now + (t - 1) * cbind(trend, trend)
  level[, 2] <- level[, 2] + .4 * level[, 1]
  items <- sapply(1:3, function(j) c(.9, .8, .7)[j] * level[, 1] + rnorm(units, 0, .6))
  items <- cbind(items, sapply(1:3, function(j) c(.9, .7, .8)[j] * level[, 2] + rnorm(units, 0, .6)))
  items <- round(pmin(pmax(55 + 8 * items + 2 * (t - 1), 0), 100), 2)
  colnames(items) <- c("p1", "p2", "p3", "s1", "s2", "s3")
  rows[[t]] <- data.frame(organisation = ifelse(seq_len(units) <= 90, "A", "B"),
                          unit = sprintf("u%03d", seq_len(units)), wave = waves[t], items)
}
long <- do.call(rbind, rows)
# Some units did not take part in every wave.
long <- long[!(long$wave == "2021" & long$unit %in% sprintf("u%03d", 1:8)), ]
long <- long[!(long$wave == "2023" & long$unit %in% sprintf("u%03d", 140:147)), ]
write.csv(long, "panel.csv", row.names = FALSE)

long$people <- rowMeans(long[, c("p1", "p2", "p3")])
long$service <- rowMeans(long[, c("s1", "s2", "s3")])
long$time <- match(long$wave, waves)
wide <- reshape(long[, c("unit", "time", "people", "service", paste0("p", 1:3), paste0("s", 1:3))],
                idvar = "unit", timevar = "time", direction = "wide", sep = "_w")
fitted <- function(model) sem(model, wide, estimator = "MLR", missing = "fiml")
lags <- function(fit, strip = "") {
  e <- parameterEstimates(fit); s <- standardizedSolution(fit)
  keep <- e$op == "~"
  e <- cbind(e, std = s$est.std[match(paste(e$lhs, e$op, e$rhs), paste(s$lhs, s$op, s$rhs))])[keep, ]
  list(lhs = sub(strip, "", e$lhs), rhs = sub(strip, "", e$rhs), est = e$est, se = e$se, std = e$std,
       chisq = unname(fitMeasures(fit, "chisq")), df = unname(fitMeasures(fit, "df")))
}
clpm <- fitted("
  people_w2 ~ people_w1 + service_w1
  service_w2 ~ people_w1 + service_w1
  people_w3 ~ people_w2 + service_w2
  service_w3 ~ people_w2 + service_w2
  people_w1 ~~ service_w1
  people_w2 ~~ service_w2
  people_w3 ~~ service_w3")
# The same with what is specific to items taken out of the indices as a known error: over waves,
# what the covariance of an item with itself exceeds that with the others by, negative eigenvalues
# set to zero; the error of a mean of three items is a third of it.
specific_over_waves <- function(items) {
  values <- as.matrix(wide[, paste0(rep(items, 3), "_w", rep(1:3, each = length(items)))])
  there <- !is.na(values)
  gap <- sweep(values, 2, colMeans(values, na.rm = TRUE)); gap[!there] <- 0
  covariance <- crossprod(gap) / (crossprod(there) - 1)
  own <- rep(1:3, each = length(items))
  found <- matrix(0, 3, 3)
  for (s in 1:3) for (t in 1:3) {
    block <- covariance[own == s, own == t]
    found[s, t] <- mean(diag(block)) - mean(block[row(block) != col(block)])
  }
  parts <- eigen((found + t(found)) / 2)
  parts$vectors %*% diag(pmax(parts$values, 0)) %*% t(parts$vectors) / length(items)
}
known <- function(name, error) paste(c(
  sprintf("L%s_w%d =~ 1*%s_w%d", name, 1:3, name, 1:3),
  sprintf("%s_w%d ~~ %.15f*%s_w%d", name, row(error)[lower.tri(error, TRUE)],
          error[lower.tri(error, TRUE)], name, col(error)[lower.tri(error, TRUE)])), collapse = "\n")
without <- fitted(paste(known("people", specific_over_waves(paste0("p", 1:3))),
                        known("service", specific_over_waves(paste0("s", 1:3))), "
  Lpeople_w2 + Lservice_w2 ~ Lpeople_w1 + Lservice_w1
  Lpeople_w3 + Lservice_w3 ~ Lpeople_w2 + Lservice_w2
  Lpeople_w1 ~~ Lservice_w1
  Lpeople_w2 ~~ Lservice_w2
  Lpeople_w3 ~~ Lservice_w3", sep = "\n"))
latent <- fitted("
  P1 =~ 1*p1_w1 + a*p2_w1 + b*p3_w1
  P2 =~ 1*p1_w2 + a*p2_w2 + b*p3_w2
  S1 =~ 1*s1_w1 + c*s2_w1 + d*s3_w1
  S2 =~ 1*s1_w2 + c*s2_w2 + d*s3_w2
  p1_w1 ~~ p1_w2
  p2_w1 ~~ p2_w2
  p3_w1 ~~ p3_w2
  s1_w1 ~~ s1_w2
  s2_w1 ~~ s2_w2
  s3_w1 ~~ s3_w2
  P2 + S2 ~ P1 + S1
  P1 ~~ S1
  P2 ~~ S2")
riclpm <- fitted("
  rp =~ 1*people_w1 + 1*people_w2 + 1*people_w3
  rs =~ 1*service_w1 + 1*service_w2 + 1*service_w3
  wpeople_w1 =~ 1*people_w1
  wpeople_w2 =~ 1*people_w2
  wpeople_w3 =~ 1*people_w3
  wservice_w1 =~ 1*service_w1
  wservice_w2 =~ 1*service_w2
  wservice_w3 =~ 1*service_w3
  people_w1 ~~ 0*people_w1
  people_w2 ~~ 0*people_w2
  people_w3 ~~ 0*people_w3
  service_w1 ~~ 0*service_w1
  service_w2 ~~ 0*service_w2
  service_w3 ~~ 0*service_w3
  wpeople_w2 + wservice_w2 ~ wpeople_w1 + wservice_w1
  wpeople_w3 + wservice_w3 ~ wpeople_w2 + wservice_w2
  wpeople_w1 ~~ wservice_w1
  wpeople_w2 ~~ wservice_w2
  wpeople_w3 ~~ wservice_w3
  rp ~~ rs + 0*wpeople_w1 + 0*wservice_w1
  rs ~~ 0*wpeople_w1 + 0*wservice_w1")
line <- growth("
  i =~ 1*people_w1 + 1*people_w2 + 1*people_w3
  s =~ 0*people_w1 + 1*people_w2 + 2*people_w3", wide, estimator = "MLR", missing = "fiml")
e <- parameterEstimates(line)
mean <- e[e$lhs == "s" & e$op == "~1", ]; spread <- e[e$lhs == "s" & e$op == "~~" & e$rhs == "s", ]

# Changes between waves: casewise influence of each unit on both waves' estimates, stacked.
influence <- function(fit, unit) {
  psi <- lavScores(fit) %*% solve(lavInspect(fit, "information.observed")) / lavInspect(fit, "ntotal")
  rowsum(psi, unit)
}
chain <- "
  P =~ p1 + l2*p2 + l3*p3
  S =~ s1 + m2*s2 + m3*s3
  S ~ b*P
  points := b * (1 + m2 + m3) / (1 + l2 + l3)"
apart <- lapply(waves[1:2], function(w) sem(chain, long[long$wave == w, ], estimator = "MLR", missing = "fiml"))
parts <- lapply(1:2, function(t) influence(apart[[t]], long$unit[long$wave == waves[t]]))
all <- sort(unique(long$unit[long$wave %in% waves[1:2]]))
stacked <- do.call(cbind, lapply(parts, function(p) { m <- matrix(0, length(all), ncol(p), dimnames = list(all, colnames(p))); m[rownames(p), ] <- p; m }))
vcov <- crossprod(stacked) * length(all) / (length(all) - 1)
strength <- function(fit, theta) {
  pt <- parTable(fit); pt$est[pt$free > 0] <- theta[pt$free[pt$free > 0]]
  value <- function(l, o, r) pt$est[pt$lhs == l & pt$op == o & pt$rhs == r]
  b <- value("S", "~", "P"); x <- value("P", "~~", "P"); z <- value("S", "~~", "S")
  b * sqrt(x / (b^2 * x + z))
}
points <- function(fit, theta) {
  pt <- parTable(fit); pt$est[pt$free > 0] <- theta[pt$free[pt$free > 0]]
  value <- function(r) pt$est[pt$op == "=~" & pt$rhs == r]
  pt$est[pt$op == "~"] * (1 + value("s2") + value("s3")) / (1 + value("p2") + value("p3"))
}
slope <- function(f, theta) sapply(seq_along(theta), function(j) {
  h <- 1e-5 * max(1, abs(theta[j])); up <- down <- theta; up[j] <- up[j] + h; down[j] <- down[j] - h
  (f(up) - f(down)) / (2 * h)
})
free <- function(fit) { pt <- parTable(fit); pt$est[match(seq_len(max(pt$free)), pt$free)] }
change <- function(f, fits = apart, covariance = vcov) {
  theta <- lapply(fits, free)
  values <- sapply(1:2, function(t) f(fits[[t]], theta[[t]]))
  g <- c(-slope(function(x) f(fits[[1]], x), theta[[1]]), slope(function(x) f(fits[[2]], x), theta[[2]]))
  c(before = values[1], now = values[2], change = diff(values), se = sqrt(drop(g %*% covariance %*% g)))
}

# The same of one organisation's scores: mean of three items, whose error is what is specific to
# them, (mean variance - mean covariance) / 3, fixed.
specific <- function(rows, items) {
  v <- cov(rows[, items])
  (mean(diag(v)) - mean(v[lower.tri(v)])) / 3
}
scored <- function(w) {
  rows <- long[long$wave == w & long$organisation == "B", ]
  model <- sprintf("P =~ people\n S =~ service\n S ~ P\n people ~~ %.15f*people\n service ~~ %.15f*service",
                   specific(rows, c("p1", "p2", "p3")), specific(rows, c("s1", "s2", "s3")))
  list(fit = sem(model, rows, estimator = "MLR", missing = "fiml"), unit = rows$unit)
}
own <- lapply(waves[1:2], scored)
apart_b <- lapply(own, function(one) one$fit)
parts_b <- lapply(own, function(one) influence(one$fit, one$unit))
all_b <- sort(unique(unlist(lapply(own, function(one) one$unit))))
stacked_b <- do.call(cbind, lapply(parts_b, function(p) { m <- matrix(0, length(all_b), ncol(p), dimnames = list(all_b, colnames(p))); m[rownames(p), ] <- p; m }))
vcov_b <- crossprod(stacked_b) * length(all_b) / (length(all_b) - 1)
score_points <- function(fit, theta) {
  pt <- parTable(fit); pt$est[pt$free > 0] <- theta[pt$free[pt$free > 0]]
  pt$est[pt$op == "~"]
}
scores <- list(strength = as.list(change(strength, apart_b, vcov_b)),
               points = as.list(change(score_points, apart_b, vcov_b)))

# Latent means over three waves, loadings and intercepts equal, units as clusters over the waves.
ordered <- long[order(long$time), ]
means <- sem("P =~ p1 + p2 + p3", ordered, estimator = "MLR", missing = "fiml", group = "wave",
             group.equal = c("loadings", "intercepts"))
pt <- parTable(means)
# Equal parameters are constraints in lavaan: the inverse of the information on their null space.
information <- lavInspect(means, "information.observed")
con <- means@Model@con.jac
basis <- qr.Q(qr(t(con)), complete = TRUE)[, -seq_len(nrow(con))]
inverse <- basis %*% solve(t(basis) %*% information %*% basis) %*% t(basis)
psi <- rowsum(lavScores(means, ignore.constraints = TRUE, remove.duplicated = FALSE) %*% inverse / lavInspect(means, "ntotal"), ordered$unit)
covariance <- crossprod(psi) * nrow(psi) / (nrow(psi) - 1)
loading <- pt$free[pt$op == "=~" & pt$group == 1 & pt$free > 0]
values <- pt$est
latent_mean <- t(sapply(2:3, function(g) {
  own <- pt$op == "~1" & pt$lhs == "P" & pt$group == g
  average <- (1 + sum(values[pt$op == "=~" & pt$group == 1 & pt$free > 0])) / 3
  grad <- numeric(max(pt$free)); grad[pt$free[own]] <- average; grad[loading] <- values[own] / 3
  c(change = values[own] * average, se = sqrt(drop(grad %*% covariance %*% grad)))
}))

both <- merge(long[long$wave == "2021", ], long[long$wave == "2022", ], by = "unit")
paired <- t.test(both$people.y, both$people.x, paired = TRUE)
cat(jsonlite::toJSON(list(
  cross_lagged = lags(clpm), without_specific = lags(without, "^L"), latent = lags(latent), random_intercept = lags(riclpm, "^w"),
  growth = list(mean = mean$est, se = mean$se, variance = spread$est, variance_se = spread$se),
  strength = as.list(change(strength)), points = as.list(change(points)),
  scores = scores,
  latent_mean = list(change = latent_mean[, "change"], se = latent_mean[, "se"]),
  paired = list(change = unname(paired$estimate), lower = paired$conf.int[1], upper = paired$conf.int[2], p = paired$p.value)
), auto_unbox = TRUE, digits = NA, pretty = TRUE), file = "panel.json")
