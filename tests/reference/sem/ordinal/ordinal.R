# Fits to ordered items: categories from 2 to 7, skewed and not, missing answers, groups, continuous
# items among them, both parameterisations. Answers are cut from latent.csv, here and in the test.
#
#   Rscript ordinal.R          (R 4.2, lavaan 0.6-14, jsonlite)
suppressMessages({library(lavaan); library(jsonlite)})

set.seed(20)
n <- 600
people <- rnorm(n)
service <- 0.5 * people + rnorm(n, sd = 0.85)
trust <- 0.6 * service + 0.1 * people + rnorm(n, sd = 0.75)
loadings <- c(0.8, 0.7, 0.6, 0.75, 0.85, 0.65, 0.7, 0.8, 0.6)
latent <- sapply(1:9, function(i) {
  factor <- list(people, service, trust)[[(i + 2) %/% 3]]
  round(loadings[i] * factor + rnorm(n, sd = 0.6), 3)
})
latent <- as.data.frame(latent)
names(latent) <- paste0("y", 1:9)
latent$g <- rep(c("north", "south"), c(330, 270))
latent[latent$g == "south", 4:6] <- round(0.3 + 1.15 * latent[latent$g == "south", 4:6], 3)
write.csv(latent, "latent.csv", row.names = FALSE)

even <- list(`2` = 0.1, `3` = c(-0.5, 0.6), `4` = c(-0.9, 0, 0.8), `5` = c(-1.1, -0.4, 0.3, 1),
             `6` = c(-1.2, -0.6, 0, 0.5, 1.1), `7` = c(-1.3, -0.8, -0.3, 0.2, 0.7, 1.2))
skewed <- list(`2` = -0.8, `3` = c(-1.1, -0.3), `4` = c(-1.3, -0.8, -0.1),
               `5` = c(-1.5, -1, -0.5, 0.3), `6` = c(-1.5, -1.1, -0.7, -0.2, 0.5),
               `7` = c(-1.5, -1.1, -0.8, -0.4, 0, 0.6))
items <- paste0("y", 1:9)

answers <- function(case) {
  data <- latent
  for (item in case$ordered) data[[item]] <- findInterval(latent[[item]], case$cuts) + 1
  if (!is.null(case$holes)) {
    for (j in 1:9) data[[j]][((seq_len(n) - 1) * 31 + (j - 1) * 17) %% 13 == 0] <- NA
  }
  data
}

chain <- "people =~ y1 + y2 + y3
service =~ y4 + y5 + y6
trust =~ y7 + y8 + y9
service ~ a*people
trust ~ b*service + people
ab := a*b"
two <- "people =~ y1 + y2 + y3\nservice =~ y4 + y5 + y6"
case <- function(model, k, cuts = even, ordered = items, ...) {
  list(model = model, cuts = cuts[[as.character(k)]], ordered = ordered, ...)
}
cases <- list()
for (k in 2:7) {
  cases[[paste0("even ", k)]] <- case(chain, k)
  cases[[paste0("skewed ", k, " theta")]] <- case(chain, k, skewed, parameterization = "theta")
}
for (k in c(3, 5)) cases[[paste0("ULSMV ", k)]] <- case(chain, k, estimator = "ULSMV")
equal <- c("loadings", "thresholds")
cases <- c(cases, list(
  `ULSMV theta` = case(two, 4, skewed, estimator = "ULSMV", parameterization = "theta"),
  `DWLS 2` = case(two, 2, estimator = "DWLS"),
  `DWLS theta` = case(two, 5, skewed, estimator = "DWLS", parameterization = "theta"),
  `WLS` = case(two, 3, estimator = "WLS"),
  `WLS theta` = case(two, 2, estimator = "WLS", parameterization = "theta"),
  `listwise` = case(chain, 4, holes = TRUE),
  `pairwise 2` = case(two, 2, skewed, holes = TRUE, missing = "pairwise"),
  `pairwise 5` = case(chain, 5, skewed, holes = TRUE, missing = "pairwise"),
  `pairwise ULSMV` = case(two, 3, holes = TRUE, missing = "pairwise", estimator = "ULSMV"),
  `pairwise theta` = case(two, 4, holes = TRUE, missing = "pairwise", parameterization = "theta"),
  `pairwise WLS` = case(two, 3, holes = TRUE, missing = "pairwise", estimator = "WLS"),
  `groups` = case(two, 5, group = "g"),
  `groups loadings` = case(chain, 3, group = "g", group_equal = I("loadings")),
  `groups thresholds` = case(two, 5, group = "g", group_equal = equal),
  `groups thresholds theta` = case(two, 4, skewed, group = "g", group_equal = equal,
                                   parameterization = "theta"),
  `groups thresholds alone` = case(two, 5, group = "g", group_equal = I("thresholds"),
                                   std_lv = TRUE),
  `groups ULSMV` = case(two, 3, skewed, group = "g", group_equal = equal, estimator = "ULSMV"),
  `groups pairwise` = case(two, 4, group = "g", group_equal = equal, holes = TRUE,
                           missing = "pairwise"),
  `groups binary` = case(two, 2, group = "g", group_equal = I("loadings")),
  `groups strict theta` = case(two, 4, group = "g", group_equal = c(equal, "residuals"),
                               parameterization = "theta"),
  `mixed` = case(chain, 5, ordered = items[1:6]),
  `mixed theta` = case(chain, 3, skewed, ordered = items[c(2, 4, 9)], parameterization = "theta"),
  `mixed pairwise` = case(chain, 4, ordered = items[4:9], holes = TRUE, missing = "pairwise"),
  `mixed groups` = case(two, 4, ordered = items[1:4], group = "g", group_equal = I("loadings")),
  `mixed WLS` = case(two, 3, ordered = items[1:3], estimator = "WLS"),
  `mixed ULSMV` = case(two, 2, ordered = items[4:6], estimator = "ULSMV"),
  `std_lv` = case(two, 4, std_lv = TRUE),
  `orthogonal` = case(two, 4, orthogonal = TRUE),
  `equal loadings` = case("f =~ a*y1 + a*y2 + a*y3 + y4\ny1 ~~ y2", 5),
  `fixed thresholds` = case(
    paste0(two, "\ny1 | 0*t1 + 1*t2\ny1 ~ NA*1\ny1 ~*~ NA*y1\ny2 | u*t1\ny3 | u*t1"), 3),
  `scale theta` = case(paste0(two, "\ny1 ~~ 0.5*y1"), 4, parameterization = "theta"),
  `mediator` = case("f =~ y1 + y2 + y3\ny4 ~ f\ny7 ~ y4 + f", 4, ordered = items[c(1:4, 7)],
                    parameterization = "theta"),
  `covariate` = case("f =~ y1 + y2 + y3\ny4 ~ f + y8 + y9\nf ~ y8 + y9", 4, ordered = items[1:4],
                     fixed_x = FALSE, parameterization = "theta"),
  `observed path` = case("y4 ~ y1\ny7 ~ y4 + y1\nf =~ y2 + y3 + y4", 3,
                               ordered = items[c(2, 3, 4, 7)], fixed_x = FALSE,
                               parameterization = "theta")
))

tight <- list(rel.tol = 1e-13, x.tol = 1e-11)
shown <- function(x) signif(x, 9)
results <- lapply(names(cases), function(name) {
  case <- cases[[name]]
  options <- list(model = case$model, data = answers(case), ordered = case$ordered,
                  estimator = if (is.null(case$estimator)) "WLSMV" else case$estimator)
  if (!is.null(case$parameterization)) options$parameterization <- case$parameterization
  if (!is.null(case$missing)) options$missing <- case$missing
  if (!is.null(case$group)) options$group <- case$group
  if (!is.null(case$group_equal)) options$group.equal <- unclass(case$group_equal)
  if (!is.null(case$std_lv)) options$std.lv <- TRUE
  if (!is.null(case$orthogonal)) options$orthogonal <- TRUE
  if (!is.null(case$fixed_x)) {
    options$fixed.x <- FALSE
    options$conditional.x <- FALSE
  }
  first <- suppressWarnings(do.call("sem", options))
  stopifnot(lavInspect(first, "converged"))
  # The optimum to more digits, from where the defaults end.
  fit <- suppressWarnings(do.call("sem", c(options, list(
    start = first, control = tight, optim.force.converged = TRUE))))
  table <- parameterEstimates(fit)
  table <- table[!table$op %in% c("==", "<", ">"), ]
  std <- standardizedSolution(fit)
  std <- std[!std$op %in% c("==", "<", ">"), ]
  group <- if (is.null(table$group)) ifelse(table$op == ":=", 0, 1) else table$group
  measures <- fitMeasures(fit)
  case$fit <- list(
    rows = data.frame(lhs = table$lhs, op = table$op, rhs = table$rhs, group = group),
    est = shown(table$est), se = shown(table$se), std = shown(std$est.std), std_se = shown(std$se),
    measures = as.list(shown(unclass(measures)[!is.na(measures)])),
    r2 = as.list(shown(unlist(lavInspect(fit, "rsquare"))))
  )
  case
})
names(results) <- names(cases)
write_json(results, "ordinal.json", auto_unbox = TRUE, digits = I(9))

# Tests between nested models: equal loadings, thresholds and residual variances, and a path.
test <- function(wide, narrow) {
  found <- as.data.frame(suppressWarnings(lavTestLRT(wide, narrow)))[2, ]
  list(statistic = found[["Chisq diff"]], df = found[["Df diff"]], pvalue = found[["Pr(>Chisq)"]])
}
grouped <- function(equal, k, ...) {
  data <- answers(list(ordered = items, cuts = even[[k]]))
  sem(two, data, ordered = items[1:6], estimator = "WLSMV", group = "g", group.equal = equal, ...)
}
whole <- answers(list(ordered = items, cuts = skewed[["4"]]))
path <- "people =~ y1 + y2 + y3\nservice =~ y4 + y5 + y6\ntrust =~ y7 + y8 + y9
service ~ people\ntrust ~ service"
chained <- function(model, ...) sem(model, whole, ordered = items, ...)
write_json(
  list(
    loadings = test(grouped("", "5"), grouped("loadings", "5")),
    thresholds = test(grouped("loadings", "5"), grouped(equal, "5")),
    residuals = test(
      grouped(equal, "4", parameterization = "theta"),
      grouped(c(equal, "residuals"), "4", parameterization = "theta")
    ),
    path = test(chained(paste0(path, " + people")), chained(path)),
    path_ULSMV = test(
      chained(paste0(path, " + people"), estimator = "ULSMV"), chained(path, estimator = "ULSMV")
    ),
    path_WLS = test(
      sem(paste0(two, "\nservice ~~ people"), whole, ordered = items[1:6], estimator = "WLS"),
      sem(paste0(two, "\nservice ~~ 0*people"), whole, ordered = items[1:6], estimator = "WLS")
    )
  ),
  "differences.json", auto_unbox = TRUE, digits = I(9), pretty = TRUE
)

# Levels of invariance in the order of Wu and Estabrook (2016), by semTools 0.5-6.
suppressMessages(library(semTools))
graded <- answers(list(ordered = items, cuts = even[["5"]]))
level <- function(equal) {
  syntax <- measEq.syntax(two, data = graded, ordered = items[1:6], parameterization = "theta",
    ID.fac = "std.lv", ID.cat = "Wu.Estabrook.2016", group = "g", group.equal = equal)
  fit <- lavaan(as.character(syntax), graded, ordered = items[1:6], parameterization = "theta",
             group = "g", estimator = "WLSMV")
  as.list(setNames(fitMeasures(fit, c("chisq.scaled", "df.scaled")), c("chisq", "df")))
}
write_json(
  list(configural = level(""), metric = level(equal), scalar = level(c(equal, "intercepts")),
       strict = level(c(equal, "intercepts", "residuals"))),
  "invariance.json", auto_unbox = TRUE, digits = I(9), pretty = TRUE
)

# Categorical omega (Green & Yang, 2009), by semTools 0.5-6.
rows <- answers(list(ordered = items, cuts = skewed[["3"]]))
omega <- function(...) suppressWarnings(reliability(sem(two, rows, ordered = items[1:6], ...)))
grouped_omega <- omega(group = "g")
write_json(
  list(one = as.list(omega()["omega", c("people", "service")]),
       groups = lapply(grouped_omega, function(g) as.list(g["omega", c("people", "service")]))),
  "omega.json", auto_unbox = TRUE, digits = I(9), pretty = TRUE
)

# Correlations of items of five and two answers and continuous ones, by lavCor().
several <- answers(list(ordered = items[1:2], cuts = even[["5"]], holes = TRUE))
for (item in items[4:5]) several[[item]] <- findInterval(several[[item]], 0.1) + 1
chosen <- several[items[c(1, 2, 4, 5, 7, 8)]]
behind <- function(...) unclass(lavCor(chosen, ordered = items[c(1, 2, 4, 5)], ...))
write_json(
  list(listwise = unname(behind(missing = "listwise")), pairwise = unname(behind(missing = "pairwise"))),
  "correlations.json", digits = I(9)
)
