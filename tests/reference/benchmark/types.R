# Reference values of means and gaps by type: R 4.2, metafor 3.8-1 (Viechtbauer 2010, JSS 36(3)), and
# of nested variances: lme4 (Bates et al. 2015, JSS 67(1)), whose REML estimates are those of the
# analysis of variance where the design is balanced and none is below 0.
# Run in this folder: Rscript types.R   writes types.csv, nested.csv (data) and types.json.
suppressMessages({library(metafor); library(lme4)})
set.seed(23)
type <- rep(c("agency", "municipal", "national"), c(5, 9, 7))
se <- runif(21, .8, 2.5)
mean_of <- c(agency = 58, municipal = 66, national = 61)
index <- mean_of[type] + 3 * rnorm(21) + se * rnorm(21)
d <- data.frame(organisation = 1:21, type, estimate = signif(index, 12), se = signif(se, 12))
write.csv(d, "types.csv", row.names = FALSE)
tight <- list(threshold = 1e-14, tol = 1e-14, maxiter = 100000)
fit <- rma(estimate, sei = se, mods = ~ 0 + type, data = d, test = "knha", control = tight)
gaps <- anova(fit, X = rbind(c(1, -.5, -.5), c(-.5, 1, -.5), c(-.5, -.5, 1)))
equal <- anova(fit, X = rbind(c(1, -1, 0), c(0, 1, -1)))

n <- expand.grid(person = 1:4, unit = 1:5, organisation = 1:6, type = 1:3)
n$organisation <- interaction(n$type, n$organisation, drop = TRUE)
n$unit <- interaction(n$organisation, n$unit, drop = TRUE)
effect <- function(g, sd) (sd * rnorm(nlevels(factor(g))))[as.integer(factor(g))]
n$value <- signif(60 + effect(n$type, 5) + effect(n$organisation, 4) + effect(n$unit, 3) + 10 * rnorm(nrow(n)), 12)
write.csv(n, "nested.csv", row.names = FALSE)
m <- lmer(value ~ 1 + (1 | type) + (1 | organisation) + (1 | unit), data = n,
          control = lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-12, maxfun = 1e6)))
v <- as.data.frame(VarCorr(m))
v <- v$vcov[match(c("type", "organisation", "unit", "Residual"), v$grp)]

values <- list(mean = as.numeric(fit$beta), lower = fit$ci.lb, upper = fit$ci.ub, tau = sqrt(fit$tau2),
               gap = as.numeric(gaps$Xb), gap_se = gaps$se, gap_pvalue = gaps$pval,
               f = equal$QM, pvalue = equal$QMp, nested = v)
number <- function(x) paste0(if (length(x) > 1) "[", paste(formatC(x, digits = 14, format = "g"), collapse = ", "), if (length(x) > 1) "]")
writeLines(paste0("{", paste0('"', names(values), '": ', sapply(values, number), collapse = ",\n "), "}"), "types.json")
