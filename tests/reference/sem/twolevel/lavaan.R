# Makes expected.json by lavaan 0.6-14: Rscript lavaan.R   (in this folder)
#
# lavaan stops its search for the saturated model where the log-likelihood gains less than 1e-4;
# here it searches on, and so do the models, so that tests have the digits that they are held to.
# It takes some minutes.
suppressMessages({library(lavaan); library(jsonlite)})
ns <- asNamespace("lavaan")
search <- get("lav_mvnorm_cluster_em_sat", ns)
formals(search)$tol <- 1e-7
body(search) <- as.call(append(as.list(body(search)), quote(tol <- 1e-7), after = 1))
assignInNamespace("lav_mvnorm_cluster_em_sat", search, "lavaan")
answers <- read.csv("answers.csv")
# lavaan gives the blocks of a model to the groups in the order of the rows, whatever their names.
in_groups <- merge(answers, read.csv("groups.csv"))
in_groups <- in_groups[order(in_groups$kind), ]
cases <- fromJSON("cases.json", simplifyVector = FALSE)
expected <- lapply(cases, function(case) {
  data <- if (isTRUE(case$even)) answers[answers$even == 1, ] else answers
  if (isTRUE(case$groups)) data <- in_groups
  arguments <- c(list(model = case$model, data = data, cluster = "unit"), case$options)
  if (isTRUE(case$groups)) arguments$group <- "kind"
  for (tolerance in c(1e-13, 1e-12, 1e-11, 1e-10)) {
    arguments$control <- list(rel.tol = tolerance, iter.max = 5000)
    fit <- suppressWarnings(do.call("sem", arguments))
    if (lavInspect(fit, "converged")) break
  }
  if (!lavInspect(fit, "converged")) stop("no convergence: ", case$model)
  estimates <- parameterEstimates(fit, standardized = TRUE)
  if (is.null(estimates$level)) estimates$level <- estimates$block
  measures <- fitMeasures(fit)
  list(
    estimates = estimates[, intersect(c(
      "lhs", "op", "rhs", "level", "group", "est", "se", "std.lv", "std.all"
    ), names(estimates))],
    measures = as.list(measures[is.finite(measures)])
  )
})
write(toJSON(expected, digits = NA, auto_unbox = TRUE), "expected.json")
