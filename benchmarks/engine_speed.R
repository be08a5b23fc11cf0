# lavaan's times for engine_speed.py: Rscript engine_speed.R FOLDER REPEATS LIMIT, processor seconds as
# JSON. A fit of a large model is stopped after LIMIT seconds, and has null.
suppressMessages(library(lavaan))
arguments <- commandArgs(trailingOnly = TRUE)
folder <- arguments[1]
repeats <- as.integer(arguments[2])
limit <- as.numeric(arguments[3])
model <- readChar(file.path(folder, "model.txt"), 1e5)
complete <- read.csv(file.path(folder, "complete.csv"))
missing <- read.csv(file.path(folder, "missing.csv"))

seconds <- function(call, times = repeats) {
  taken <- sapply(seq_len(times), function(i) sum(system.time(call())[c("user.self", "sys.self")]))
  median(taken)
}
limited <- function(call, times) {
  setTimeLimit(cpu = limit, transient = TRUE)
  on.exit(setTimeLimit())
  tryCatch(seconds(call, times), error = function(stopped) NA)
}
# A first call loads and compiles; it is not counted.
invisible(sem(model, complete))
single <- seconds(function() sem(model, complete), 3 * repeats)
tables <- seconds(function() {
  fit <- sem(model, complete)
  parameterEstimates(fit, standardized = TRUE)
  fitMeasures(fit)
})
fiml <- seconds(function() sem(model, missing, estimator = "MLR", missing = "fiml"))
set.seed(1)
hundred <- seconds(function() sem(model, complete, se = "bootstrap", bootstrap = 100), 1)
plain <- seconds(function() sem(model, complete, se = "none"))
large <- sapply(c("cfa40", "fiml40", "fiml55"), function(name) {
  model <- readChar(file.path(folder, paste0(name, ".txt")), 1e5)
  data <- read.csv(file.path(folder, paste0(name, ".csv")))
  if (!anyNA(data)) return(limited(function() cfa(model, data), 3))
  limited(function() {
    fit <- cfa(model, data, estimator = "MLR", missing = "fiml")
    parameterEstimates(fit, standardized = TRUE)
    fitMeasures(fit)
  }, 1)
})
model <- readChar(file.path(folder, "nested.txt"), 1e5)
rows <- read.csv(file.path(folder, "nested.csv"))
nested <- seconds(function() {
  fit <- sem(model, rows, cluster = "unit", estimator = "MLR")
  parameterEstimates(fit, standardized = TRUE)
  fitMeasures(fit)
}, 1)
rows_missing <- read.csv(file.path(folder, "nested_missing.csv"))
nested_missing <- limited(function() {
  fit <- sem(model, rows_missing, cluster = "unit", estimator = "MLR", missing = "fiml")
  parameterEstimates(fit, standardized = TRUE)
  fitMeasures(fit)
}, 1)
# lavaan has no bootstrap of units: three resamples are refitted, without errors and tests.
by_unit <- split(rows, rows$unit)
refits <- sapply(1:3, function(i) {
  drawn <- sample(by_unit, replace = TRUE)
  again <- do.call(rbind, Map(function(own, j) transform(own, unit = j), drawn, seq_along(drawn)))
  seconds(function() {
    sem(model, again, cluster = "unit", se = "none", test = "none", baseline = FALSE, h1 = FALSE)
  }, 1)
})
times <- c(single = single, tables = tables, fiml = fiml,
           bootstrap = plain + 10 * (hundred - plain), nested = nested,
           "nested missing" = nested_missing, "nested bootstrap" = 1000 * mean(refits), large)
cat(sprintf('{"version": "%s", %s}', as.character(packageVersion("lavaan")),
            paste(sprintf('"%s": %s', names(times), ifelse(is.na(times), "null", sprintf("%.6f", times))),
                  collapse = ", ")))
