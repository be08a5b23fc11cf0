# Expected values of tests/sem/test_*.py from lavaan at tight convergence.
# Rscript estimation.R <folder of the repository>   (lavaan 0.6-14; writes estimation.json)
suppressMessages({library(lavaan); library(jsonlite)})
root <- commandArgs(trailingOnly = TRUE)[1]
here <- file.path(root, "tests", "reference", "sem", "kernel")
tight <- list(rel.tol = 1e-13, iter.max = 5000, eval.max = 10000)

# The parameter table with equal labels merged to one free number, as the workbench writes it.
table_of <- function(fit) {
  pt <- as.data.frame(parTable(fit))
  for (i in which(pt$op == "==")) {
    l <- pt$free[match(pt$lhs[i], pt$plabel)]; r <- pt$free[match(pt$rhs[i], pt$plabel)]
    if (is.na(l) || is.na(r)) next
    pt$free[pt$free == r & pt$free > 0] <- l
  }
  pt <- pt[pt$op %in% c("=~", "~", "~~", "~1"), ]
  pt$free <- ifelse(pt$free > 0, match(pt$free, sort(unique(pt$free[pt$free > 0]))), 0)
  fixed <- ifelse(pt$free == 0 & pt$exo == 0, pt$ustart, NA)
  list(lhs = pt$lhs, op = pt$op, rhs = pt$rhs, group = pt$group, free = pt$free,
       fixed = fixed, exo = pt$exo, label = pt$label, est = pt$est, se = pt$se)
}

summary_of <- function(fit, data = NULL, cluster = NULL, weights = NULL) {
  fm <- suppressWarnings(fitMeasures(fit))
  out <- list(table = table_of(fit), measures = as.list(fm),
       observed = lavNames(fit, "ov"), latent = lavNames(fit, "lv"),
       n = lavInspect(fit, "nobs"), groups = lavInspect(fit, "group.label"))
  out$baseline <- tryCatch(as.list(unlist(fit@baseline$test[[length(fit@baseline$test)]][c("stat", "df", "scaling.factor")])), error = function(e) NULL)
  out
}

hs_model <- "visual =~ x1 + x2 + x3\n textual =~ x4 + x5 + x6\n speed =~ x7 + x8 + x9"
pd_model <- "ind60 =~ x1 + x2 + x3\n dem60 =~ y1 + y2 + y3 + y4\n dem65 =~ y5 + y6 + y7 + y8
 dem60 ~ ind60\n dem65 ~ ind60 + dem60\n y1 ~~ y5\n y2 ~~ y4 + y6\n y3 ~~ y7\n y4 ~~ y8\n y6 ~~ y8"
HS <- HolzingerSwineford1939
PD <- PoliticalDemocracy
write.csv(HS, file.path(here, "hs.csv"), row.names = FALSE)
write.csv(PD, file.path(here, "pd.csv"), row.names = FALSE)

HSmiss <- HS
set.seed(11)
for (j in paste0("x", 1:9)) HSmiss[runif(301) < plogis(-2.2 + 0.5 * as.numeric(scale(HS$ageyr))), j] <- NA
write.csv(HSmiss, file.path(here, "hs_missing.csv"), row.names = FALSE, na = "")

set.seed(12)
HSw <- HS; HSw$w <- round(runif(301, 0.3, 3), 3); HSw$cl <- sample(1:40, 301, TRUE)
for (j in paste0("x", 1:9)) HSw[[j]] <- HSw[[j]] + rnorm(40, 0, .3)[HSw$cl]
write.csv(HSw, file.path(here, "hs_weights.csv"), row.names = FALSE)

mimic <- "visual =~ x1 + x2 + x3\n speed =~ x7 + x8 + x9\n visual ~ ageyr + sex\n speed ~ ageyr + visual"
path <- "x1 ~ ageyr + sex + x4\n x9 ~ x1 + x4"
reciprocal <- "f =~ x1 + x2 + x3\n g =~ x4 + x5 + x6\n f ~ g + ageyr\n g ~ f + sex"
second <- "visual =~ x1 + x2 + x3\n textual =~ x4 + x5 + x6\n speed =~ x7 + x8 + x9\n g =~ visual + textual + speed"
single <- "f =~ x1\n g =~ x4 + x5 + x6\n h =~ x7 + x8 + x9\n h ~ g + f\n g ~ f"
growth <- "i =~ 1*x7 + 1*x8 + 1*x9\n s =~ 0*x7 + 1*x8 + 2*x9"
equal <- "visual =~ x1 + a*x2 + a*x3\n textual =~ x4 + b*x5 + b*x6\n visual ~~ textual"

run <- function(...) { cat("."); suppressWarnings(sem(..., control = tight, optim.force.converged = TRUE)) }
cfa_ <- function(...) { cat("."); suppressWarnings(cfa(..., control = tight, optim.force.converged = TRUE)) }
cases <- list()
add <- function(name, data, fit, ...) cases[[name]] <<- c(list(data = data), summary_of(fit), list(...))

add("hs-ml", "hs", cfa_(hs_model, HS))
add("hs-std-lv", "hs", cfa_(hs_model, HS, std.lv = TRUE))
add("hs-means", "hs", cfa_(hs_model, HS, meanstructure = TRUE))
add("pd-ml", "pd", run(pd_model, PD))
add("pd-means", "pd", run(pd_model, PD, meanstructure = TRUE))
add("mimic", "hs", run(mimic, HS))
add("mimic-means", "hs", run(mimic, HS, meanstructure = TRUE))
add("path", "hs", run(path, HS))
add("reciprocal", "hs", run(reciprocal, HS))
add("second-order", "hs", run(second, HS))
add("single", "hs", run(single, HS))
add("growth", "hs", { cat("."); growth(growth, HS, control = tight, optim.force.converged = TRUE) })
add("equal", "hs", cfa_(equal, HS))
levels <- list(configural = "", metric = "loadings", scalar = c("loadings", "intercepts"),
               strict = c("loadings", "intercepts", "residuals"))
for (level in names(levels))
  add(paste0("hs-group-", level), "hs", cfa_(hs_model, HS, group = "school", group.equal = levels[[level]]))
for (est in c("ULS", "GLS")) {
  add(paste0("hs-", tolower(est)), "hs", cfa_(hs_model, HS, estimator = est), estimator = est)
  add(paste0("pd-", tolower(est)), "pd", run(pd_model, PD, estimator = est), estimator = est)
  add(paste0("hs-means-", tolower(est)), "hs", cfa_(hs_model, HS, estimator = est, meanstructure = TRUE), estimator = est)
  add(paste0("hs-group-", tolower(est)), "hs", cfa_(hs_model, HS, estimator = est, group = "school", group.equal = "loadings"), estimator = est)
}
for (inf in c("observed", "first.order"))
  add(paste0("pd-", inf), "pd", run(pd_model, PD, information = inf), information = inf)
add("hs-group-observed", "hs", cfa_(hs_model, HS, group = "school", group.equal = c("loadings", "intercepts"), information = "observed"), information = "observed")

fiml <- function(...) cfa_(..., missing = "fiml", em.h1.tol = 1e-12, em.h1.iter.max = 5000L)
add("fiml-hs", "hs_missing", fiml(hs_model, HSmiss), missing = "fiml")
add("fiml-mlr", "hs_missing", fiml(hs_model, HSmiss, estimator = "MLR"), missing = "fiml", estimator = "MLR")
add("fiml-group", "hs_missing", fiml(hs_model, HSmiss, group = "school", group.equal = c("loadings", "intercepts")), missing = "fiml")
add("fiml-group-mlr", "hs_missing", fiml(hs_model, HSmiss, group = "school", group.equal = c("loadings", "intercepts"), estimator = "MLR"), missing = "fiml", estimator = "MLR")
add("fiml-mimic-mlr", "hs_missing", suppressWarnings(sem(mimic, HSmiss, missing = "fiml", estimator = "MLR", control = tight, optim.force.converged = TRUE)), missing = "fiml", estimator = "MLR")
add("fiml-expected", "hs_missing", fiml(hs_model, HSmiss, information = "expected"), missing = "fiml", information = "expected")
add("fiml-weights", "hs_weights", fiml(hs_model, HSw, sampling.weights = "w"), estimator = "MLR", weights = "w", missing = "fiml")
add("fiml-cluster", "hs_missing", fiml(hs_model, within(HSmiss, cl <- HSw$cl), cluster = "cl"), estimator = "MLR", cluster = "cl", missing = "fiml")

for (est in c("MLR", "MLM")) {
  add(paste0("hs-", tolower(est)), "hs", cfa_(hs_model, HS, estimator = est), estimator = est)
  add(paste0("pd-", tolower(est)), "pd", run(pd_model, PD, estimator = est), estimator = est)
  add(paste0("group-", tolower(est)), "hs", cfa_(hs_model, HS, estimator = est, group = "school", group.equal = c("loadings", "intercepts")), estimator = est)
  add(paste0("mimic-", tolower(est)), "hs", run(mimic, HS, estimator = est), estimator = est)
  add(paste0("path-", tolower(est)), "hs", run(path, HS, estimator = est), estimator = est)
}
add("weights", "hs_weights", cfa_(hs_model, HSw, sampling.weights = "w"), estimator = "MLR", weights = "w")
add("cluster", "hs_weights", cfa_(hs_model, HSw, cluster = "cl"), estimator = "MLR", cluster = "cl")
add("cluster-weights", "hs_weights", cfa_(hs_model, HSw, cluster = "cl", sampling.weights = "w"), estimator = "MLR", weights = "w", cluster = "cl")
add("cluster-group", "hs_weights", cfa_(hs_model, HSw, cluster = "cl", group = "school"), estimator = "MLR", cluster = "cl")
# General constraints and bounds.
con <- list(
  "constraint-product" = "visual =~ x1 + a*x2 + b*x3\n textual =~ x4 + c*x5 + d*x6\n a*d == 0.5\n b == c*c - 0.5",
  "constraint-inequality" = "visual =~ x1 + a*x2 + b*x3\n textual =~ x4 + c*x5 + d*x6\n a > 0.6\n d < 2*b\n c < 1")
for (name in names(con)) add(name, "hs", cfa_(con[[name]], HS), constraints = strsplit(con[[name]], "\n ")[[1]][-(1:2)])
bounded <- "visual =~ x1 + x2 + x3\n textual =~ x4 + x5 + x6\n speed =~ x7 + x8 + x9\n speed ~ visual + textual"
few <- HS[1:60, ]
write.csv(few, file.path(here, "hs_few.csv"), row.names = FALSE)
fit <- sem(bounded, few, bounds = "standard", control = tight, optim.force.converged = TRUE)
add("bounds", "hs_few", fit, lower = parTable(fit)$lower, upper = parTable(fit)$upper)
fit <- sem(bounded, few, bounds = "standard", std.lv = TRUE, control = tight, optim.force.converged = TRUE)
add("bounds-std-lv", "hs_few", fit, lower = parTable(fit)$lower, upper = parTable(fit)$upper)
write(toJSON(cases, digits = NA, auto_unbox = TRUE, na = "null", pretty = FALSE), file.path(here, "estimation.json"))
cat("\n", length(cases), "cases\n")
