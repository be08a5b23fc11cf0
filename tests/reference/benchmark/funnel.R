# Reference values of funnel limits (Spiegelhalter 2005), computed from his formulas in R 4.2 around
# metafor's REML mean. Run in this folder after pooling.R: Rscript funnel.R   writes funnel.json.
suppressMessages(library(metafor))
values <- function(d) {
  fit <- rma(estimate, sei = se, data = d, method = "REML",
             control = list(threshold = 1e-14, maxiter = 100000))
  target <- as.numeric(fit$beta)
  z <- (d$estimate - target) / d$se
  ends <- quantile(z, c(.1, .9), type = 7)
  z <- pmin(pmax(z, ends[1]), ends[2])
  k <- nrow(d); w <- 1 / d$se^2
  phi <- sum(z^2) / k
  tau <- sqrt(max(0, k * phi - (k - 1)) / (sum(w) - sum(w^2) / sum(w)))
  widest <- max(d$se)
  list(target = target, phi = phi, tau = tau,
       additive_upper_998 = target + qnorm(.999) * sqrt(widest^2 + tau^2),
       additive_lower_95 = target - qnorm(.975) * sqrt(widest^2 + tau^2),
       multiplicative_upper_998 = target + qnorm(.999) * sqrt(max(1, phi)) * widest,
       none_lower_95 = target - qnorm(.975) * widest,
       z_additive = (d$estimate - target) / sqrt(d$se^2 + tau^2))
}
number <- function(x) paste0(if (length(x) > 1) "[", paste(formatC(x, digits = 14, format = "g"), collapse = ", "), if (length(x) > 1) "]")
object <- function(l) paste0("{", paste0('"', names(l), '": ', ifelse(sapply(l, is.character), unlist(l), sapply(l, number)), collapse = ",\n "), "}")
sets <- sapply(c("bcg", "simulated"), function(name) object(values(read.csv(paste0(name, ".csv")))), simplify = FALSE)
writeLines(object(sets), "funnel.json")
