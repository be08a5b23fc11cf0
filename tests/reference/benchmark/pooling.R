# Reference values of random-effects pooling: R 4.2, metafor 3.8-1 (Viechtbauer 2010, JSS 36(3)).
# Run in this folder: Rscript pooling.R   writes bcg.csv, simulated.csv (data) and pooling.json.
#
# bcg.csv: metafor's example dat.bcg, 13 trials of the BCG vaccine against tuberculosis (Colditz et
# al. 1994, JAMA 271, 698-702; counts in the public domain): log risk ratios and standard errors.
# simulated.csv: 34 organisations, true tau .08, standard errors .05 to .25.
suppressMessages(library(metafor))
bcg <- escalc(measure = "RR", ai = tpos, bi = tneg, ci = cpos, di = cneg, data = dat.bcg)
set.seed(11)
se <- runif(34, .05, .25)
sets <- list(
  bcg = data.frame(organisation = bcg$trial, estimate = as.numeric(bcg$yi), se = sqrt(bcg$vi)),
  simulated = data.frame(organisation = 1:34, estimate = .3 + .08 * rnorm(34) + se * rnorm(34), se = se))
for (name in names(sets)) {
  sets[[name]]$estimate <- signif(sets[[name]]$estimate, 12)
  sets[[name]]$se <- signif(sets[[name]]$se, 12)
  write.csv(sets[[name]], paste0(name, ".csv"), row.names = FALSE)
}

# metafor stops its iterations at 1e-5 by default; tighter here, so that all digits are meant.
tight <- list(threshold = 1e-14, tol = 1e-14, maxiter = 100000)
values <- function(d, method) {
  fit <- rma(estimate, sei = se, data = d, method = method, test = "knha", control = tight)
  new <- predict(fit)
  profile <- confint(fit, control = list(tol = 1e-14, maxiter = 100000))$random["tau", ]
  own <- blup(fit)
  list(estimate = as.numeric(fit$beta), se = fit$se, lower = fit$ci.lb, upper = fit$ci.ub,
       prediction_lower = new$pi.lb, prediction_upper = new$pi.ub, tau = sqrt(fit$tau2),
       tau_lower = profile[["ci.lb"]], tau_upper = profile[["ci.ub"]],
       q = fit$QE, q_pvalue = fit$QEp, i2 = fit$I2, h2 = fit$H2,
       pooled = own$pred, pooled_se = own$se, pooled_lower = own$pi.lb, pooled_upper = own$pi.ub,
       weight = as.numeric(weights(fit)) / 100)
}
number <- function(x) paste0(if (length(x) > 1) "[", paste(formatC(x, digits = 14, format = "g"), collapse = ", "), if (length(x) > 1) "]")
object <- function(l) paste0("{", paste0('"', names(l), '": ', ifelse(sapply(l, is.character), unlist(l), sapply(l, number)), collapse = ",\n "), "}")
per_set <- lapply(sets, function(d) {
  object(sapply(c("DL", "PM", "REML"), function(m) object(values(d, m)), simplify = FALSE))
})
writeLines(object(per_set), "pooling.json")
