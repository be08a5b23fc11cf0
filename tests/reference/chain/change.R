# Reference values of change with change: R 4.2, clubSandwich, lavaan. Run in this folder:
# Rscript change.R   writes change.csv, change_errors.csv (data) and change.json.
#
# change.csv: 7 organisations of unlike sizes, 3 waves, x and y without error. First differences by
# lm with an effect of every organisation and pair of waves, the within part by lm with effects of
# units and of organisations by waves; errors CR2, degrees of freedom of Satterthwaite.
# change_errors.csv: changes of 60 units of one organisation, dx with a known error of variance 9:
# lavaan with that error variance fixed.
suppressMessages({library(clubSandwich); library(lavaan)})
set.seed(7)
sizes <- c(3, 4, 6, 9, 14, 20, 5)
panel <- do.call(rbind, lapply(seq_along(sizes), function(o) {
  units <- sizes[o]
  slope <- .4 + rnorm(1, 0, .1)
  level <- rnorm(units, 0, 8)
  do.call(rbind, lapply(1:3, function(wave) {
    x <- 50 + level + rnorm(1, 0, 3) + rnorm(units, 0, 6)
    y <- 60 + level / 2 + rnorm(1, 0, 3) + slope * x + rnorm(units, 0, 5)
    data.frame(organisation = o, unit = 100 * o + seq_len(units), wave = wave, x = x, y = y)
  }))
}))
panel[c("x", "y")] <- round(panel[c("x", "y")], 3)
write.csv(panel, "change.csv", row.names = FALSE)
panel <- panel[order(panel$unit, panel$wave), ]
step <- function(v) c(NA, diff(v))
changes <- panel
changes$dx <- ave(panel$x, panel$unit, FUN = step)
changes$dy <- ave(panel$y, panel$unit, FUN = step)
changes <- changes[!is.na(changes$dx), ]
changes$cell <- factor(paste(changes$organisation, changes$wave))
told <- function(fit, name, cluster) {
  found <- coef_test(fit, vcovCR(fit, cluster, "CR2"), test = "Satterthwaite", coefs = name)
  c(estimate = found$beta, se = found$SE, df = found$df_Satt, pvalue = found$p_Satt)
}
first <- told(lm(dy ~ dx + cell, changes), "dx", changes$organisation)
panel$cell <- factor(paste(panel$organisation, panel$wave))
within <- told(lm(y ~ x + factor(unit) + cell, panel), "x", panel$organisation)

true <- rnorm(60, 0, 5)
errors <- data.frame(dx = round(true + rnorm(60, 0, 3), 3), dy = round(.5 * true + rnorm(60, 0, 4), 3))
write.csv(errors, "change_errors.csv", row.names = FALSE)
model <- sprintf("true =~ 1*dx\n dx ~~ %.12f*dx\n dy ~ true", 9 * 59 / 60)
fit <- sem(model, errors, meanstructure = TRUE)
lavaan <- parameterEstimates(fit)
lavaan <- c(estimate = lavaan$est[lavaan$lhs == "dy" & lavaan$op == "~"])
object <- function(l) paste0("{", paste0('"', names(l), '": ', formatC(l, digits = 12, format = "g"), collapse = ", "), "}")
writeLines(paste0('{"first differences": ', object(first), ',\n "within": ', object(within),
                  ',\n "lavaan": ', object(lavaan), "}"), "change.json")
