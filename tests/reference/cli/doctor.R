# The trial fit of `workbench doctor`, complete rows of the clients of a small simulated study.
#
#   Rscript doctor.R          (R 4.2, lavaan 0.6-14)
suppressMessages(library(lavaan))
data <- read.csv("doctor.csv")
fit <- sem("
  service =~ service_1 + service_2 + service_3
  trust =~ trust_1 + trust_2 + trust_3
  trust ~ service
", data)
raw <- parameterEstimates(fit)
raw <- raw[raw$op == "~", ]
standard <- standardizedSolution(fit)
found <- c(
  nobs(fit), fitMeasures(fit, "chisq"), raw$est, raw$se, standard$est.std[standard$op == "~"]
)
jsonlite::write_json(found, "doctor.json", digits = 10)
