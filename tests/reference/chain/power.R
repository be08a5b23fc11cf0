# Reference values of RMSEA-based power: R 4.2, semTools. Run here: Rscript power.R  writes power.json
suppressMessages(library(semTools))
cases <- list(c(.05, .08, 32, 310), c(.05, .08, 11, 60), c(.05, .01, 41, 200), c(0, .05, 24, 150))
power <- sapply(cases, function(x) findRMSEApower(x[1], x[2], x[3], x[4]))
size <- sapply(cases, function(x) findRMSEAsamplesize(x[1], x[2], x[3], power = .8))
cat(jsonlite::toJSON(list(cases = do.call(rbind, cases), power = power, rows = size),
                     auto_unbox = TRUE, digits = NA, pretty = TRUE), file = "power.json")
