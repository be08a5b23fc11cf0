# lavaan's times for ordinal.py: Rscript ordinal.R FOLDER, processor seconds as JSON.
suppressMessages(library(lavaan))
folder <- commandArgs(trailingOnly = TRUE)[1]
model <- readChar(file.path(folder, "model.txt"), 1e5)
many <- read.csv(file.path(folder, "many.csv"))
few <- read.csv(file.path(folder, "few.csv"))

seconds <- function(call, times) {
  median(sapply(seq_len(times), function(i) sum(system.time(call())[c("user.self", "sys.self")])))
}
# A first call loads and compiles; it is not counted.
invisible(sem(model, few, ordered = TRUE))
wlsmv <- seconds(function() sem(model, few, ordered = TRUE), 9)
polychoric <- seconds(function() lavCor(many, ordered = names(many)), 1)
one <- paste("f =~", paste(names(many), collapse = " + "))
gamma <- seconds(function() sem(one, many, ordered = TRUE, estimator = "WLSMV", do.fit = FALSE), 1)
fit <- sem(model, few, ordered = TRUE)
bootstrap <- 20 * seconds(function() bootstrapLavaan(fit, R = 10), 1)
cat(sprintf(
  '{"polychoric": %.6f, "gamma": %.6f, "wlsmv": %.6f, "bootstrap": %.6f}',
  polychoric, gamma, wlsmv, bootstrap
))
