# lavaan's times for engine_speed.py: Rscript engine_speed.R FOLDER REPEATS, processor seconds as JSON.
suppressMessages(library(lavaan))
arguments <- commandArgs(trailingOnly = TRUE)
folder <- arguments[1]
repeats <- as.integer(arguments[2])
model <- readChar(file.path(folder, "model.txt"), 1e5)
complete <- read.csv(file.path(folder, "complete.csv"))
missing <- read.csv(file.path(folder, "missing.csv"))

seconds <- function(call, times = repeats) {
  taken <- sapply(seq_len(times), function(i) sum(system.time(call())[c("user.self", "sys.self")]))
  median(taken)
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
cat(sprintf('{"version": "%s", "single": %.6f, "tables": %.6f, "fiml": %.6f, "bootstrap": %.6f}',
            as.character(packageVersion("lavaan")), single, tables, fiml,
            plain + 10 * (hundred - plain)))
