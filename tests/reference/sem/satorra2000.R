# Scaled difference tests of Satorra (2000), with both ways to find the restrictions.
#
#   Rscript satorra2000.R          (R 4.2, lavaan 0.6-14)
#
# "shifted" is lavTestLRT's scaled.shifted = TRUE. A case that lavaan stops at is null.
suppressMessages(library(lavaan))
data <- read.csv("inference/hs.csv")
hs <- "visual =~ x1 + a*x2 + b*x3
textual =~ x4 + c*x5 + d*x6
speed =~ x7 + e*x8 + f*x9
"
pair <- function(narrow, wide = hs, data. = data, ...) {
  lapply(list(wide = wide, narrow = narrow), function(model) sem(model, data., ...))
}
plain <- gsub("[a-f]\\*", "", hs)
levels <- lapply(list(configural = "", metric = "loadings", scalar = c("loadings", "intercepts")),
                 function(equal) {
  sem(plain, data, group = "school", estimator = "MLR", group.equal = equal)
})
equal <- paste0(hs, "a == b\nc == d")
fits <- list(
  mlm = pair(equal, estimator = "MLM"),
  mlr = pair(equal, estimator = "MLR"),
  fixed = pair(paste0(hs, "visual ~~ 0*speed\nb == 1"), estimator = "MLR"),
  curved = pair(paste0(hs, "a*b == 0.5\nc == d"), estimator = "MLR"),
  one_factor = pair("g =~ x1 + x2 + x3 + x4 + x5 + x6 + x7 + x8 + x9", estimator = "MLM"),
  saturated = pair("f =~ x1 + a*x2 + a*x3", "f =~ x1 + x2 + x3", estimator = "MLR"),
  mimic = pair(paste0(hs, "visual ~ g*sex + 0*ageyr\nspeed ~ g*sex"),
               paste0(hs, "visual ~ sex + ageyr\nspeed ~ sex"), estimator = "MLM"),
  metric = levels[c("configural", "metric")],
  scalar = levels[c("metric", "scalar")]
)
chain <- read.csv("lavaan_suite/data/chain.csv")
two <- "F =~ p1 + a*p2 + b*p3 + p4\nG =~ s1 + c*s2 + d*s3 + s4\nG ~ F"
same <- paste0(two, "\na == b\nc == d")
fits$cluster_ml <- pair(same, two, chain, cluster = "unit")
fits$cluster_mlr <- pair(same, two, chain, cluster = "unit", estimator = "MLR")
tests <- lapply(fits, function(two) {
  ways <- expand.grid(a = c("delta", "exact"), shifted = c(TRUE, FALSE), stringsAsFactors = FALSE)
  found <- lapply(seq_len(nrow(ways)), function(i) tryCatch({
    t <- lavTestLRT(two[[1]], two[[2]], method = "satorra.2000", A.method = ways$a[i],
                    scaled.shifted = ways$shifted[i])
    list(stat = t[2, "Chisq diff"], df = t[2, "Df diff"], pvalue = t[2, "Pr(>Chisq)"])
  }, error = function(e) { message(conditionMessage(e)); NULL }))
  names(found) <- paste(ways$a, ifelse(ways$shifted, "shifted", "scaled"))
  found
})
# With missing answers or weights lavaan's test is not of its own errors; these are.
scaling <- function(model, data., ...) {
  errors <- lapply(list("robust.huber.white", "standard"), function(se) {
    vcov(sem(model, data., estimator = if (se == "standard") "ML" else "MLR", se = se,
             information = "observed", ...))[c("a", "b", "c", "d"), c("a", "b", "c", "d")]
  })
  a <- rbind(c(1, -1, 0, 0), c(0, 0, 1, -1))
  sum(diag(solve(a %*% errors[[2]] %*% t(a), a %*% errors[[1]] %*% t(a)))) / 2
}
tests$scaling <- list(
  fiml = scaling(hs, read.csv("inference/hs_missing.csv"), missing = "fiml"),
  weights = scaling(two, chain, sampling.weights = "weight")
)
jsonlite::write_json(tests, "satorra2000.json", auto_unbox = TRUE, digits = 10, pretty = TRUE,
                     null = "null")
