# The expected numbers of the lavaan suite, made with lavaan 0.6-14.
#
#   python suite.py FOLDER && Rscript lavaan.R FOLDER [pattern of case ids]
#
# FOLDER holds the data sets and cases.json that suite.py writes; one file per case goes to
# expected/. The options are the defaults of sem() and those of the case. nlminb stops some 1e-6
# short of the optimum, so every fit that converged is polished (see polish) and handed to sem() again as it is
# (optim.method = "none") for its standard errors and tests; the largest element of the gradient
# that was left is kept with the numbers. The EM of the unrestricted model runs to 1e-9 instead of
# lavaan's 1e-5.
suppressMessages({library(lavaan); library(jsonlite)})

arguments <- commandArgs(trailingOnly = TRUE)
folder <- arguments[1]
pattern <- if (length(arguments) > 1) arguments[2] else "."
here <- dirname(sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE)))
dir.create(file.path(here, "expected"), showWarnings = FALSE)
suite <- fromJSON(file.path(folder, "cases.json"), simplifyVector = FALSE)

save_json <- function(content, id) {
  write_json(content, file.path(here, "expected", paste0(id, ".json")), digits = I(12),
             na = "null", auto_unbox = TRUE, null = "null")
}

# A data frame as a list of columns.
columns <- function(frame, keep = names(frame)) {
  lapply(as.list(frame[intersect(keep, names(frame))]), function(x) I(unname(unclass(x))))
}
matrix_rows <- function(m) {
  m <- unclass(m)
  list(names = I(colnames(m)), values = lapply(seq_len(nrow(m)), function(i) I(unname(m[i, ]))))
}
by_group <- function(x) if (is.null(x$cov)) unname(x) else list(x)

data_sets <- new.env()
data_set <- function(name) {
  if (is.null(data_sets[[name]])) {
    assign(name, read.csv(file.path(folder, paste0(name, ".csv"))), envir = data_sets)
  }
  data_sets[[name]]
}

# Newton steps from lavaan's solution to the exact optimum of the same function: the Hessian is the
# central difference of lavaan's own gradient, taken along the linear constraints and away from
# bounds that hold. So with inequalities: those that hold with equality are kept to.
polish <- function(fit) {
  model <- fit@Model
  theta <- lavaan:::lav_model_get_parameters(model, type = "free")
  gradient <- function(x) {
    lavaan:::lav_model_gradient(
      lavaan:::lav_model_set_parameters(model, x), GLIST = NULL, lavsamplestats = fit@SampleStats,
      lavdata = fit@Data, lavcache = fit@Cache, type = "free", verbose = FALSE,
      group.weight = fit@Options$missing == "listwise", ceq.simple = FALSE)
  }
  if (length(model@ceq.nonlinear.idx) > 0) return(polish_constrained(model, theta, gradient))
  directions <- diag(length(theta))
  held <- setdiff(seq_len(nrow(model@con.jac)), attr(model@con.jac, "inactive.idx"))
  if (length(held) > 0) {
    slopes <- model@con.jac[held, , drop = FALSE]
    if (length(model@cin.linear.idx) > 0) {
      # nlminb leaves a gap to the limit of an inequality.
      gap <- numeric(nrow(model@con.jac))
      gap[attr(model@con.jac, "cin.idx")] <- model@cin.function(theta)
      if (length(attr(model@con.jac, "ceq.idx")) > 0) {
        gap[attr(model@con.jac, "ceq.idx")] <- model@ceq.function(theta)
      }
      theta <- theta - drop(t(slopes) %*% solve(slopes %*% t(slopes), gap[held]))
    }
    decomposition <- qr(t(slopes))
    directions <- qr.Q(decomposition, complete = TRUE)[, -seq_len(decomposition$rank), drop = FALSE]
  }
  table <- parTable(fit)
  if (!is.null(table$lower)) {
    row <- match(seq_along(theta), table$free)
    inside <- theta > table$lower[row] + 1e-6 & theta < table$upper[row] - 1e-6
    directions <- directions[, colSums(abs(directions[!inside, , drop = FALSE])) == 0, drop = FALSE]
  }
  # Each direction is scaled by the size of what it moves: items may be on any scale.
  directions <- sweep(directions, 2, sqrt(colSums((directions * pmax(abs(theta), 1e-2))^2)), "*")
  along <- function(x) drop(t(directions) %*% gradient(x))
  left <- max(abs(along(theta)))
  for (round in 1:20) {
    hessian <- sapply(seq_len(ncol(directions)), function(j) {
      (along(theta + 1e-5 * directions[, j]) - along(theta - 1e-5 * directions[, j])) / 2e-5
    })
    for (step in 1:5) {
      moved <- theta - drop(directions %*% solve(hessian, along(theta)))
      if (!(max(abs(along(moved))) < left)) break
      theta <- moved
      left <- max(abs(along(theta)))
    }
    if (left < 1e-12) break
  }
  list(theta = theta, gradient = left)
}

# The same with nonlinear constraints h(theta) = 0: Newton steps on the Lagrangian.
polish_constrained <- function(model, theta, gradient) {
  constraint <- model@ceq.function
  jacobian <- function(x) numDeriv::jacobian(constraint, x)
  k <- length(theta)
  x <- c(theta, -qr.solve(t(jacobian(theta)), gradient(theta)))
  equations <- function(x) {
    x1 <- x[seq_len(k)]
    c(gradient(x1) + drop(t(jacobian(x1)) %*% x[-seq_len(k)]), constraint(x1))
  }
  for (step in 1:10) x <- x - solve(numDeriv::jacobian(equations, x), equations(x))
  list(theta = x[seq_len(k)], gradient = max(abs(equations(x))))
}

fit_case <- function(case) {
  call <- list(model = case$model, data = data_set(case$data),
               em.h1.tol = 1e-9, em.h1.iter.max = 20000)
  words <- c(estimator = "estimator", missing = "missing", group = "group",
             group_equal = "group.equal", group_partial = "group.partial", cluster = "cluster",
             weights = "sampling.weights", std_lv = "std.lv", bounds = "bounds",
             fixed_x = "fixed.x", meanstructure = "meanstructure", orthogonal = "orthogonal",
             information = "information", likelihood = "likelihood")
  sem <- if (isTRUE(case$growth)) "growth" else "sem"
  for (word in names(words)) {
    if (!is.null(case[[word]])) call[[words[[word]]]] <- unlist(case[[word]])
  }
  # The first fit need not have standard errors and tests; the last one is what counts.
  first <- suppressWarnings(do.call(sem, c(call, list(se = "none", baseline = FALSE))))
  converged <- lavInspect(first, "converged")
  polished <- if (converged) polish(first) else list(theta = NULL, gradient = NA)
  fit <- do.call(sem, call)
  if (!is.null(polished$theta)) {
    baseline <- fit@baseline  # optim.method = "none" would leave the baseline at its start, too
    table <- parTable(fit)
    free <- table$free > 0
    table$est[free] <- polished$theta[table$free[free]]
    table$start <- table$ustart <- table$est
    call$model <- table
    call$bounds <- NULL  # the table has them
    fit <- do.call(sem, c(call, list(optim.method = "none", baseline = FALSE)))
    fit@baseline <- baseline
    fit@Options$baseline <- TRUE
    fit@Options$optim.method <- "nlminb"  # for the fits that fitMeasures makes of its own
    stopifnot(max(abs(coef(fit) - polished$theta)) < 1e-12, fit@optim$fx < first@optim$fx + 1e-9)
  }
  list(fit = fit, gradient = polished$gradient, converged = converged)
}

run_case <- function(case) {
  warned <- character()
  made <- withCallingHandlers(fit_case(case), warning = function(w) {
    warned <<- unique(c(warned, trimws(gsub("\\s+", " ", conditionMessage(w)))))
    invokeRestart("muffleWarning")
  })
  fit <- made$fit
  quiet <- function(x) suppressWarnings(x)
  if (!made$converged) {
    save_json(list(converged = FALSE, warnings = I(warned)), case$id)
    cat(sprintf("%-34s NOT CONVERGED  %s\n", case$id, paste(warned, collapse = " | ")))
    return(NULL)
  }
  estimates <- quiet(parameterEstimates(fit, remove.nonfree = FALSE))
  if (is.null(estimates$label)) estimates$label <- ""
  if (is.null(estimates$group)) estimates$group <- 1L
  result <- list(
    converged = made$converged, gradient = made$gradient,
    iterations = lavInspect(fit, "iterations"), warnings = I(warned),
    options = lavInspect(fit, "options")[c("estimator", "se", "test", "information",
      "observed.information", "h1.information", "meanstructure", "fixed.x")],
    group_label = I(lavInspect(fit, "group.label")),
    nobs = I(unname(lavInspect(fit, "nobs"))),
    npar = unname(fitMeasures(fit, "npar")),
    estimates = columns(estimates, c("lhs", "op", "rhs", "group", "label", "est", "se", "z",
                                     "pvalue", "ci.lower", "ci.upper")),
    measures = as.list(quiet(unclass(fitMeasures(fit))))
  )
  v <- tryCatch(quiet(lavInspect(fit, "vcov")), error = function(e) NULL)
  if (!is.null(v)) result$vcov_diagonal <- I(unname(diag(v)))
  standardised <- tryCatch(list(
    all = quiet(standardizedSolution(fit, type = "std.all")),
    lv = quiet(standardizedSolution(fit, type = "std.lv"))), error = function(e) NULL)
  if (!is.null(standardised)) {
    a <- standardised$all
    if (is.null(a$group)) a$group <- 1L
    result$standardised <- c(columns(a, c("lhs", "op", "rhs", "group")), list(
      std_all = I(a$est.std), std_all_se = I(a$se),
      std_lv = I(standardised$lv$est.std), std_lv_se = I(standardised$lv$se)))
  }
  result$r_squared <- tryCatch({
    r <- quiet(lavInspect(fit, "rsquare"))
    lapply(if (is.list(r)) unname(r) else list(r), function(x) as.list(unclass(x)))
  }, error = function(e) NULL)
  if (is.null(case$missing) && is.null(case$weights)) {
    # What fit_moments needs to reach the same estimates without a row of data.
    s <- lavInspect(fit, "sampstat")
    s <- if (is.null(s$cov)) s else list(s)
    if (case$data == "nyc") result$moments <- lapply(unname(s), function(g) c(
      list(cov = matrix_rows(g$cov)),
      list(mean = if (is.null(g$mean)) NULL else I(unname(unclass(g$mean))))))
  }
  also <- unlist(case$also)
  if ("modification" %in% also) {
    m <- quiet(modindices(fit))
    if (is.null(m$group)) m$group <- 1L
    result$modification <- columns(m, c("lhs", "op", "rhs", "group", "mi", "epc", "sepc.lv",
                                        "sepc.all"))
  }
  if ("residuals" %in% also) {
    kinds <- c(raw = "raw", cor = "cor", standardized = "standardized", normalized = "normalized")
    result$residuals <- lapply(kinds, function(kind) {
      r <- tryCatch(quiet(residuals(fit, type = kind)), error = function(e) NULL)
      if (is.null(r)) return(NULL)
      r <- if (is.null(r$cov)) unname(r) else list(r)
      lapply(r, function(g) c(list(cov = matrix_rows(g$cov)),
        list(mean = if (is.null(g$mean)) NULL else I(unname(unclass(g$mean))))))
    })
  }
  if ("scores" %in% also) {
    kinds <- c(regression = "regression", bartlett = "Bartlett")
    result$scores <- lapply(kinds, function(kind) {
      s <- quiet(lavPredict(fit, method = kind))
      rows <- lavInspect(fit, "case.idx")
      if (!is.list(s)) { s <- list(s); rows <- list(rows) }
      s <- do.call(rbind, lapply(seq_along(s), function(g) s[[g]]))
      s <- s[order(unlist(rows)), , drop = FALSE]
      list(names = I(colnames(s)), rows = I(sort(unlist(rows))[1:12] - 1L),
           values = lapply(1:12, function(i) I(unname(s[i, ]))),
           sum_of_squares = I(unname(colSums(s^2, na.rm = TRUE))))
    })
  }
  save_json(result, case$id)
  cat(sprintf("%-34s gradient %.1e  chisq %.4f  df %d  %s\n", case$id, made$gradient,
              result$measures$chisq %||% NA, as.integer(result$measures$df %||% NA),
              paste(substr(warned, 1, 90), collapse = " | ")))
  fit
}
`%||%` <- function(a, b) if (is.null(a)) b else a

fits <- list()
for (case in suite$case) {
  if (!grepl(pattern, case$id)) next
  fits[[case$id]] <- tryCatch(run_case(case), error = function(e) {
    cat(case$id, "ERROR", conditionMessage(e), "\n"); NULL })
}
for (comparison in suite$comparison) {
  ids <- unlist(comparison$cases)
  if (!all(ids %in% names(fits))) next
  result <- lapply(comparison$methods, function(method) {
    t <- do.call("lavTestLRT", c(unname(fits[ids]), list(method = method)))
    list(method = method, df = I(t[["Df"]]), chisq = I(t[["Chisq"]]),
         difference = I(t[["Chisq diff"]]), difference_df = I(t[["Df diff"]]),
         pvalue = I(t[["Pr(>Chisq)"]]))
  })
  save_json(result, comparison$id)
}
for (wald in suite$wald) {
  if (!(wald$case %in% names(fits))) next
  t <- lavTestWald(fits[[wald$case]], constraints = paste(unlist(wald$constraints), collapse = "\n"))
  save_json(t[c("stat", "df", "p.value")], wald$id)
}
