# Expected rows of tests/sem/test_parameters.py: lavaan's parameter tables for many models.
# Rscript parameters.R <folder of the repository>   (lavaan 0.6-14; writes parameters.json)
suppressMessages({library(lavaan); library(jsonlite)})
root <- commandArgs(trailingOnly = TRUE)[1]
here <- file.path(root, "tests", "reference", "sem")

hs <- "visual =~ x1 + x2 + x3\n textual =~ x4 + x5 + x6\n speed =~ x7 + x8 + x9"
line <- "i =~ 1*t1 + 1*t2 + 1*t3 + 1*t4\n s =~ 0*t1 + 1*t2 + 2*t3 + 3*t4"
growth <- function(...) list(..., meanstructure = TRUE, int.ov.free = FALSE, int.lv.free = TRUE)
models <- list(
  cfa = list(hs),
  cfa_std_lv = list(hs, std.lv = TRUE),
  cfa_means = list(hs, meanstructure = TRUE),
  groups = list(hs, ngroups = 2),
  metric = list(hs, ngroups = 2, group.equal = "loadings"),
  scalar = list(hs, ngroups = 2, group.equal = c("loadings", "intercepts")),
  scalar_three = list(hs, ngroups = 3, group.equal = c("loadings", "intercepts")),
  scalar_std_lv = list(hs, ngroups = 2, std.lv = TRUE, group.equal = c("loadings", "intercepts")),
  metric_std_lv_variances = list(hs, ngroups = 2, std.lv = TRUE,
                                 group.equal = c("loadings", "lv.variances")),
  strict = list(hs, ngroups = 2, group.equal = c("loadings", "intercepts", "residuals")),
  strictest = list(hs, ngroups = 2, group.equal = c("loadings", "intercepts", "residuals", "means",
                                                    "lv.variances", "lv.covariances")),
  partial = list(hs, ngroups = 2, group.equal = c("loadings", "intercepts"),
                 group.partial = c("visual=~x2", "x7~1")),
  intercepts_alone = list(hs, ngroups = 2, group.equal = "intercepts"),
  labels = list("f =~ x1 + a*x2 + b*x3 + a*x4"),
  label_on_marker = list("f =~ a*x1 + b*x2 + x3"),
  free_marker = list("f =~ NA*x1 + x2 + x3\n f ~~ 1*f"),
  fixed = list("f =~ x1 + 0.5*x2 + x3\n g =~ x4 + x5 + x6\n f ~~ 0*g\n x1 ~~ 0.3*x1"),
  start = list("f =~ x1 + start(0.7)*x2 + x3"),
  equality = list("f =~ x1 + a*x2 + b*x3 + x4\n a == b"),
  regression = list("y ~ x1 + x2 + x3"),
  regression_means = list("y ~ x1 + x2", meanstructure = TRUE),
  path = list("m ~ x1 + x2\n y ~ m + x1"),
  multivariate = list("y1 + y2 ~ x1 + x2"),
  three_outcomes = list("y1 ~ x1\n y2 ~ x1\n y3 ~ y1 + x2"),
  covariance_of_covariates = list("y ~ x1 + x2\n x1 ~~ x2"),
  variance_of_covariate = list("y ~ x1 + x2\n x1 ~~ x1"),
  mean_of_covariate = list("y ~ x1 + x2\n x1 ~ 1"),
  mimic = list(paste(hs, "visual + textual ~ age + sex", sep = "\n")),
  mimic_groups = list(paste(hs, "visual ~ age + sex\n speed ~ age + visual", sep = "\n"), ngroups = 2,
                      group.equal = c("loadings", "regressions")),
  structural = list(paste(hs, "speed ~ a*visual + b*textual\n ab := a*b", sep = "\n")),
  ends = list(paste(hs, "textual ~ visual\n speed ~ visual\n out ~ visual", sep = "\n")),
  item_outcome = list("f =~ x1 + x2 + x3\n y ~ f\n z ~ f + w"),
  second_order = list(paste(hs, "g =~ visual + textual + speed", sep = "\n")),
  second_order_std_lv = list(paste(hs, "g =~ visual + textual + speed", sep = "\n"), std.lv = TRUE),
  single = list("f =~ x1\n g =~ x4 + x5 + x6\n g ~ f"),
  single_written = list("f =~ x1\n x1 ~~ 0.2*x1\n g =~ x4 + x5 + x6\n g ~ f"),
  residual_covariances = list(paste(hs, "x1 ~~ x4 + x7\n x9 ~~ x8", sep = "\n")),
  swapped_latent = list(paste(hs, "speed ~~ 0*visual\n textual ~~ visual", sep = "\n")),
  growth = list("i =~ 1*t1 + 1*t2 + 1*t3\n s =~ 0*t1 + 1*t2 + 2*t3\n t1 + t2 + t3 ~ 0*1\n i + s ~ 1\n i ~ x"),
  intercept_labels = list("f =~ x1 + x2 + x3\n x1 ~ a*1\n x2 ~ a*1\n x3 ~ 1"),
  reciprocal = list("y1 ~ y2 + x1\n y2 ~ y1 + x2\n y1 ~~ y2"),
  feedback_latent = list("f =~ x1+x2+x3\n g =~ x4+x5+x6\n f ~ g + z1\n g ~ f + z2"),
  cross_loading = list("f =~ x1 + x2 + x3\n g =~ x3 + x4 + x5"),
  per_group = list("f =~ x1 + c(a, b)*x2 + c(0.5, NA)*x3 + x4\n f ~~ c(v, v)*f", ngroups = 2),
  one_label_two_groups = list("f =~ x1 + a*x2 + x3", ngroups = 2),
  two_lhs = list("f + g =~ x1 + x2 + x3 + x4\n f ~~ 0*g"),
  free_covariates = list("m ~ x1 + x2\n y ~ m + x1", fixed.x = FALSE, meanstructure = TRUE),
  free_covariates_groups = list(paste(hs, "visual ~ age + sex", sep = "\n"), ngroups = 2,
                                fixed.x = FALSE, group.equal = c("intercepts", "residuals")),
  orthogonal = list(hs, orthogonal = TRUE),
  orthogonal_written = list(paste(hs, "visual ~~ textual", sep = "\n"), orthogonal = TRUE,
                            ngroups = 2, group.equal = "lv.covariances"),
  orthogonal_ends = list(paste(hs, "textual ~ visual\n speed ~ visual\n out ~ visual", sep = "\n"),
                         orthogonal = TRUE),
  growth_defaults = growth(line),
  growth_covariates = growth(paste(line, "i + s ~ a + b\n t1 ~ c1\n y ~ s", sep = "\n")),
  growth_free_covariates = growth(paste(line, "i + s ~ a + b", sep = "\n"), fixed.x = FALSE),
  growth_written = growth(paste(line, "t4 ~ 1\n i ~ 0*1", sep = "\n"), orthogonal = TRUE),
  growth_std_lv = growth("i =~ 1*t1 + 1*t2 + t3", std.lv = TRUE),
  growth_groups = growth(line, ngroups = 2, group.equal = c("loadings", "intercepts")),
  growth_means = growth(line, ngroups = 2, group.equal = c("means", "lv.variances"))
)

# The rows as the workbench writes them: equal labels and plain equalities share one number.
table_of <- function(model, ngroups = 1, ...) {
  arguments <- list(model = model, ngroups = ngroups, ...)
  if (ngroups > 1) arguments$meanstructure <- TRUE
  if (!is.null(arguments$std.lv)) arguments$auto.fix.first <- FALSE
  defaults <- list(int.ov.free = TRUE, int.lv.free = FALSE, fixed.x = TRUE, auto.fix.first = TRUE, auto.fix.single = TRUE,
                   auto.var = TRUE, auto.cov.lv.x = TRUE, auto.cov.y = TRUE, auto.th = TRUE,
                   auto.delta = TRUE, auto.efa = TRUE)
  arguments <- c(arguments, defaults[setdiff(names(defaults), names(arguments))])
  pt <- as.data.frame(suppressWarnings(do.call(lavaanify, arguments)))
  for (i in which(pt$op == "==")) {
    at <- function(x) {
      found <- pt$free[match(x, pt$plabel)]
      if (is.na(found)) pt$free[match(x, pt$label)] else found
    }
    l <- at(pt$lhs[i]); r <- at(pt$rhs[i])
    if (is.na(l) || is.na(r)) next
    pt$free[pt$free == r & pt$free > 0] <- l
  }
  pt <- pt[pt$op %in% c("=~", "~", "~~", "~1", ":="), ]
  pt$free <- ifelse(pt$free > 0, match(pt$free, sort(unique(pt$free[pt$free > 0]))), 0)
  pt$label[grepl("^\\.p", pt$label)] <- ""
  fixed <- ifelse(pt$free == 0 & pt$exo == 0 & pt$op != ":=", pt$ustart, NA)
  list(lhs = pt$lhs, op = pt$op, rhs = pt$rhs, group = pt$group, user = as.integer(pt$user > 0), free = pt$free,
       fixed = fixed, label = pt$label, exo = pt$exo)
}

cases <- lapply(models, function(m) {
  options <- m[-1]
  list(model = m[[1]], options = if (length(options)) options else setNames(list(), character(0)),
       table = do.call(table_of, m))
})
write_json(cases, file.path(here, "parameters.json"), auto_unbox = TRUE, na = "null", digits = NA)
