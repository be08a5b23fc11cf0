# Expected values for measures, effects, standardised solutions, residuals, modification
# indices, tests of models and factor scores. Writes one JSON file per case beside itself,
# and the data the cases use as CSV.
#
#   Rscript inference.R          (R 4.2, lavaan 0.6-14, semTools 0.5-6)
suppressMessages(library(lavaan))
library(jsonlite)

folder <- "inference"
dir.create(folder, showWarnings = FALSE)

# One free number per truly free parameter: simple equality rows are merged away.
merged_table <- function(fit) {
  table <- parTable(fit)
  merged <- table$free
  for (row in which(table$op == "==")) {
    left <- match(table$lhs[row], table$plabel)
    right <- match(table$rhs[row], table$plabel)
    numbers <- sort(merged[c(left, right)])
    merged[merged == numbers[2]] <- numbers[1]
  }
  numbers <- sort(unique(merged[merged > 0]))
  keep <- table$op != "=="
  first <- match(numbers, merged)
  if (is.null(table$group)) table$group <- as.integer(!table$op %in% c(":=", "==", "<", ">"))
  rows <- data.frame(
    lhs = table$lhs, op = table$op, rhs = table$rhs, group = table$group, user = table$user,
    free = ifelse(merged > 0, match(merged, numbers), 0),
    fixed = ifelse(merged > 0 | table$op == ":=", NA, table$est), start = NA,
    label = table$label, exo = if (is.null(table$exo)) 0 else table$exo, est = table$est,
    se = if (is.null(table$se)) NA else table$se
  )[keep, ]
  list(rows = rows, theta = table$est[first], columns = table$free[first])
}

matrices <- function(x, groups, name, factor = 1) {
  lapply(seq_len(groups), function(g) {
    factor * unclass(unname(if (groups == 1) x[[name]] else x[[g]][[name]]))
  })
}

tests <- function(tests) {
  lapply(tests, function(t) {
    list(test = t$test, stat = t$stat, df = t$df, pvalue = t$pvalue,
         stat_group = t$stat.group, scaling_factor = t$scaling.factor,
         scaling_factor_h1 = t$scaling.factor.h1, scaling_factor_h0 = t$scaling.factor.h0,
         trace_ugamma = t$trace.UGamma, trace_ugamma2 = t$trace.UGamma2)
  })
}

quiet <- function(value) tryCatch(suppressWarnings(value), error = function(e) NULL)

write_case <- function(name, model, fit, mi = TRUE, scores = FALSE) {
  stopifnot(lavInspect(fit, "converged"))
  merged <- merged_table(fit)
  groups <- lavInspect(fit, "ngroups")
  sampstat <- if (fit@Options$missing == "ml") lavInspect(fit, "h1") else lavInspect(fit, "sampstat")
  implied <- lavInspect(fit, "implied")
  # Least squares is fitted to moments with divisor n but shown with n - 1.
  n <- lavInspect(fit, "nobs")[1]
  shown <- if (fit@Options$estimator == "ML") 1 else (n - 1) / n
  case <- list(
    model = model, estimator = fit@Options$estimator, options = fit@call |> deparse() |> paste(collapse = " "),
    groups = groups, group_labels = as.list(fit@Data@group.label),
    n = as.list(lavInspect(fit, "nobs")),
    meanstructure = fit@Model@meanstructure,
    observed = lavNames(fit, "ov"), latent = lavNames(fit, "lv"),
    table = merged$rows, theta = merged$theta,
    vcov = unclass(unname(vcov(fit)[merged$columns, merged$columns, drop = FALSE])),
    information = unclass(unname(lavTech(fit, "information"))),
    sample_cov = matrices(sampstat, groups, "cov", shown), sample_mean = matrices(sampstat, groups, "mean"),
    implied_cov = matrices(implied, groups, "cov", shown), implied_mean = matrices(implied, groups, "mean"),
    fmin = fit@optim$fx, tests = tests(fit@test), baseline = tests(fit@baseline$test),
    measures = as.list(unclass(fitMeasures(fit))),
    rsquare = lavInspect(fit, "rsquare"),
    std_lv = standardizedSolution(fit, type = "std.lv"),
    std_all = standardizedSolution(fit, type = "std.all"),
    std_nox = standardizedSolution(fit, type = "std.nox"),
    residuals = lapply(
      c(raw = "raw", cor = "cor", cor_bentler = "cor.bentler", normalized = "normalized",
        standardized = "standardized"),
      function(type) {
        found <- quiet(residuals(fit, type = type))
        if (is.null(found)) return(NULL)
        list(cov = matrices(found, groups, "cov"), mean = matrices(found, groups, "mean"))
      }
    )
  )
  if (mi) {
    case$modification <- quiet(modindices(fit))
  }
  if (scores) {
    for (method in c("regression", "Bartlett")) {
      found <- lavPredict(fit, method = method)
      if (groups == 1) found <- list(found)
      case[[paste0("scores_", tolower(method))]] <- lapply(found, function(s) round(unclass(unname(s)), 8))
    }
    case$case_index <- lavInspect(fit, "case.idx")
  }
  write(toJSON(case, digits = I(12), auto_unbox = TRUE, na = "null", null = "null", dataframe = "rows"),
        file.path(folder, paste0(name, ".json")))
}

hs <- HolzingerSwineford1939
pd <- PoliticalDemocracy
set.seed(20)
holes <- hs
for (item in paste0("x", c(2, 3, 5, 6, 8, 9))) {
  chance <- plogis(-2.2 + 0.5 * scale(hs$x1)[, 1])       # missing at random given x1
  holes[[item]][runif(nrow(hs)) < chance] <- NA
}
write.csv(hs, file.path(folder, "hs.csv"), row.names = FALSE)
write.csv(holes, file.path(folder, "hs_missing.csv"), row.names = FALSE, na = "")
write.csv(pd, file.path(folder, "pd.csv"), row.names = FALSE)

hs_model <- "visual =~ x1 + x2 + x3
textual =~ x4 + x5 + x6
speed =~ x7 + x8 + x9"
write_case("hs", hs_model, cfa(hs_model, hs), scores = TRUE)
write_case("hs_mean", hs_model, cfa(hs_model, hs, meanstructure = TRUE))
write_case("hs_std_lv", hs_model, cfa(hs_model, hs, std.lv = TRUE))
write_case("hs_mlr", hs_model, cfa(hs_model, hs, estimator = "MLR"))
write_case("hs_mlm", hs_model, cfa(hs_model, hs, estimator = "MLM"))
write_case("hs_uls", hs_model, cfa(hs_model, hs, estimator = "ULS"))
write_case("hs_gls", hs_model, cfa(hs_model, hs, estimator = "GLS"))

second <- paste0(hs_model, "\ng =~ visual + textual + speed")
write_case("hs_second_order", second, cfa(second, hs), scores = TRUE)

pd_model <- "ind60 =~ x1 + x2 + x3
dem60 =~ y1 + a*y2 + b*y3 + c*y4
dem65 =~ y5 + a*y6 + b*y7 + c*y8
dem60 ~ p*ind60
dem65 ~ d*ind60 + q*dem60
y1 ~~ y5
y2 ~~ y4 + y6
y3 ~~ y7
y4 ~~ y8
y6 ~~ y8
indirect := p*q
total := p*q + d
share := indirect/total"
write_case("pd", pd_model, sem(pd_model, pd), scores = TRUE)
write_case("pd_mlr", pd_model, sem(pd_model, pd, estimator = "MLR"))

path <- "x7 ~ a*x1 + x2 + ageyr
x9 ~ b*x7 + c*x1
indirect := a*b
total := a*b + c"
write_case("path", path, sem(path, hs))
write_case("path_mean", path, sem(path, hs, meanstructure = TRUE))
full_path <- "x7 ~ a*x1 + ageyr
x9 ~ b*x7 + c*x1 + ageyr
indirect := a*b"
write_case("path_saturated", full_path, sem(full_path, hs))

mimic <- "visual =~ x1 + x2 + x3
textual =~ x4 + x5 + x6
visual ~ ageyr + sex
textual ~ ageyr + k*visual
effect := k^2 + exp(k)"
write_case("mimic", mimic, sem(mimic, hs), scores = TRUE)
write_case("mimic_mean_mlr", mimic, sem(mimic, hs, meanstructure = TRUE, estimator = "MLR"))

equal <- list(configural = "", metric = "loadings", scalar = c("loadings", "intercepts"),
              strict = c("loadings", "intercepts", "residuals"))
for (estimator in c("ML", "MLR", "MLM")) {
  for (level in names(equal)) {
    write_case(paste("group", tolower(estimator), level, sep = "_"), hs_model,
               cfa(hs_model, hs, group = "school", group.equal = equal[[level]],
                   estimator = estimator, meanstructure = TRUE),
               mi = estimator == "ML", scores = estimator == "ML" && level == "scalar")
  }
}

write_case("fiml", hs_model, cfa(hs_model, holes, missing = "fiml"), scores = TRUE)
write_case("fiml_mlr", hs_model, cfa(hs_model, holes, missing = "fiml", estimator = "MLR"))
write_case("fiml_mimic", mimic, sem(mimic, holes, missing = "fiml"), scores = TRUE)
write_case("fiml_group_mlr", hs_model,
           cfa(hs_model, holes, missing = "fiml", estimator = "MLR", group = "school",
               group.equal = "loadings"))

# Tests between models -------------------------------------------------------------------------
differences <- function(wide, narrow, method) {
  found <- lavTestLRT(wide, narrow, method = method)
  list(stat = found[["Chisq diff"]][2], df = found[["Df diff"]][2], pvalue = found[["Pr(>Chisq)"]][2])
}
comparison <- list()
for (estimator in c("ML", "MLR", "MLM")) {
  fits <- lapply(equal, function(level) {
    cfa(hs_model, hs, group = "school", group.equal = level, estimator = estimator,
        meanstructure = TRUE)
  })
  methods <- if (estimator == "ML") "default" else c("satorra.bentler.2001", "satorra.bentler.2010")
  for (method in methods) for (i in 2:4) {
    key <- paste(tolower(estimator), method, names(equal)[i], sep = "/")
    comparison[[key]] <- differences(fits[[i - 1]], fits[[i]], method)
    if (grepl("2010", method)) {
      m10 <- lavaan:::lav_test_diff_m10(fits[[i - 1]], fits[[i]], test = TRUE)
      comparison[[key]]$scaling_factor_m10 <- m10@test[[2]]$scaling.factor
    }
  }
}
pd_wald <- lavTestWald(sem(pd_model, pd), "a == b; p*q == 2*d")
comparison[["wald"]] <- list(stat = pd_wald$stat, df = pd_wald$df, pvalue = pd_wald$p.value)
write(toJSON(comparison, digits = I(12), auto_unbox = TRUE), file.path(folder, "comparison.json"))
