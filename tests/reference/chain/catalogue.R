# Every chain of the catalogue on the moments of catalogue_moments.py, by lavaan.
#   Rscript tests/reference/chain/catalogue.R tests/reference/chain
suppressPackageStartupMessages({library(lavaan); library(jsonlite)})
folder <- file.path(commandArgs(TRUE)[1], "catalogue")
rows <- fromJSON(file.path(folder, "rows.json"))
measures <- list()
for (name in names(rows)) {
  cov <- as.matrix(read.csv(file.path(folder, paste0(name, ".csv")), row.names = 1,
                            check.names = FALSE))
  model <- paste(readLines(file.path(folder, paste0(name, ".lav"))), collapse = "\n")
  fit <- sem(model, sample.cov = cov, sample.nobs = rows[[name]])
  stopifnot(lavInspect(fit, "converged"))
  found <- parameterEstimates(fit)
  found$std.all <- standardizedSolution(fit)$est.std
  write.csv(format(found[c("lhs", "op", "rhs", "est", "se", "std.all")], digits = 10, trim = TRUE),
            file.path(folder, paste0(name, "_lavaan.csv")), row.names = FALSE, quote = TRUE)
  measures[[name]] <- as.list(fitMeasures(fit, c("chisq", "df", "cfi", "rmsea", "srmr", "aic", "bic")))
}
write(toJSON(measures, auto_unbox = TRUE, digits = 10, pretty = TRUE),
      file.path(folder, "lavaan.json"))
