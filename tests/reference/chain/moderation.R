# Links by group: the chain people -> service -> trust in two kinds of organisation, respondents in
# clusters, with free loadings, equal loadings, and equal links; complete and with missing answers.
# R 4.2.2, lavaan 0.6-14. Run in this folder: Rscript moderation.R
library(lavaan)
library(jsonlite)

set.seed(20)
clusters <- 80
size <- 9
n <- clusters * size
cluster <- rep(seq_len(clusters), each = size)
group <- ifelse(cluster %% 2 == 0, "municipal", "national")
link <- ifelse(group == "municipal", 0.7, 0.35)
together <- function() rnorm(clusters)[cluster] * 0.5 + rnorm(n)
people <- together()
service <- link * people + together()
trust <- 0.5 * service + 0.15 * people + together()
levels <- list(p = people, s = service, t = trust)
data <- data.frame(group = group, cluster = cluster, weight = round(runif(n, 0.5, 2), 2))
for (name in names(levels)) {
  for (i in 1:3) {
    value <- 5 + 1.2 * (levels[[name]] * (1.1 - 0.1 * i) + 0.8 * rnorm(n))
    data[[paste0(name, i)]] <- round(value, 2)
  }
}
items <- names(data)[-(1:3)]
holes <- data
for (item in items) holes[[item]][runif(n) < 0.1] <- NA
write.csv(holes, "moderation_missing.csv", row.names = FALSE, na = "")
write.csv(data, "moderation.csv", row.names = FALSE)

free <- "
people =~ p1 + p2 + p3
service =~ s1 + s2 + s3
trust =~ t1 + t2 + t3
service ~ c(ps1, ps2)*people
trust ~ c(st1, st2)*service + c(pt1, pt2)*people
"
# Loadings with one label for both groups, so that points per point can be defined.
tied <- "
people =~ p1 + c(lp2, lp2)*p2 + c(lp3, lp3)*p3
service =~ s1 + c(ls2, ls2)*s2 + c(ls3, ls3)*s3
trust =~ t1 + c(lt2, lt2)*t2 + c(lt3, lt3)*t3
service ~ c(ps1, ps2)*people
trust ~ c(st1, st2)*service + c(pt1, pt2)*people
people.service.1 := ps1 * ((1 + ls2 + ls3) / 3) / ((1 + lp2 + lp3) / 3)
people.service.2 := ps2 * ((1 + ls2 + ls3) / 3) / ((1 + lp2 + lp3) / 3)
"
plain <- gsub("c\\([ps]t1, [ps]t2\\)\\*|c\\(ps1, ps2\\)\\*", "", free)

# Satorra (2000); with missing answers and weights lavaan's is not scaled by its own errors, and the
# test of 2001 stands for it.
fitted <- function(data, method, ...) {
  run <- function(model, ...) {
    # A tight tolerance: the default one leaves the fourth digit open.
    sem(model, data, group = "group", estimator = "MLR", meanstructure = TRUE,
        optim.method = "BFGS", control = list(reltol = 1e-15, maxit = 5000),
        group.label = c("municipal", "national"), ...)
  }
  fits <- list(
    "loadings free" = run(free, ...),
    "loadings equal" = run(tied, ...),
    "links equal" = run(plain, group.equal = c("loadings", "regressions"), ...)
  )
  stopifnot(all(sapply(fits, lavInspect, "converged")))
  measures <- lapply(fits, function(fit) {
    as.list(fitMeasures(fit, c("chisq.scaled", "df", "cfi.robust", "rmsea.robust", "srmr", "bic")))
  })
  test <- function(wide, narrow) {
    found <- lavTestLRT(fits[[wide]], fits[[narrow]], method = method, scaled.shifted = FALSE)
    list(chisq = found[2, "Chisq diff"], df = found[2, "Df diff"],
         pvalue = found[2, "Pr(>Chisq)"])
  }
  strengths <- subset(standardizedSolution(fits[[2]]), op == "~")
  estimates <- parameterEstimates(fits[[2]])
  points <- subset(estimates, op == ":=")
  wald <- lapply(c("ps1 == ps2", "st1 == st2", "pt1 == pt2"), function(rule) {
    found <- lavTestWald(fits[[2]], rule)
    list(wald = found$stat, df = found$df, pvalue = found$p.value)
  })
  list(
    measures = measures,
    metric = test(1, 2),
    moderated = test(2, 3),
    strengths = strengths[c("lhs", "rhs", "group", "est.std", "se", "ci.lower", "ci.upper")],
    points = points[c("lhs", "est", "se", "ci.lower", "ci.upper")],
    wald = wald
  )
}

write_json(
  list(
    complete = fitted(data, "satorra.2000", cluster = "cluster", missing = "fiml"),
    missing = fitted(holes, "satorra.bentler.2001", cluster = "cluster", missing = "fiml", sampling.weights = "weight")
  ),
  "moderation.json", auto_unbox = TRUE, digits = 10, pretty = TRUE
)
