# Expected values of tests/chain/test_between.py: the between part of lavaan's two-level model.
# Run in this folder: Rscript between_organisations.R
suppressMessages({library(lavaan); library(jsonlite)})
set.seed(11)
organisations <- 40; units <- 6
level <- MASS::mvrnorm(organisations, c(60, 55), matrix(c(9, 5, 5, 16), 2))
within <- MASS::mvrnorm(organisations * units, c(0, 0), matrix(c(25, -8, -8, 36), 2))
organisation <- rep(seq_len(organisations), each = units)
data <- data.frame(organisation = organisation, unit = seq_along(organisation),
                   round(level[organisation, ] + within, 3))
names(data)[3:4] <- c("people", "service")
write.csv(data, "between_organisations.csv", row.names = FALSE)
fit <- sem("level: 1\n people ~~ service\n level: 2\n people ~~ service", data,
           cluster = "organisation", estimator = "MLR")
table <- standardizedSolution(fit)
row <- subset(table, lhs == "people" & rhs == "service" & level == 2)
if (nrow(row) != 1) row <- tail(subset(table, lhs == "people" & op == "~~" & rhs == "service"), 1)
write_json(list(lavaan = as.character(packageVersion("lavaan")), correlation = row$est.std,
                se = row$se), "between_organisations.json", auto_unbox = TRUE, digits = 8)
