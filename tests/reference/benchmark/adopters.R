# Reference values of adopters against others: R 4.2, clubSandwich. Run in this folder:
# Rscript adopters.R   writes adopters.csv (data) and adopters.json.
#
# adopters.csv: 19 organisations over 5 waves; 4 adopted at wave 3, 3 at wave 4, 5 at wave 5, 7 never
# (wave 0). What goes with adoption grows by 2 a wave. Group-time effects of Callaway & Sant'Anna
# (2021), compared with those that have not adopted yet, are made here by hand; their errors and
# degrees of freedom are those of lm with organisations and cohorts by waves, CR2 by organisations.
suppressMessages(library(clubSandwich))
set.seed(3)
first <- rep(c(3, 4, 5, 0), c(4, 3, 5, 7))
panel <- do.call(rbind, lapply(seq_along(first), function(o) {
  wave <- 1:5
  since <- if (first[o] > 0) pmax(wave - first[o] + 1, 0) else 0
  y <- 60 + rnorm(1, 0, 6) + c(0, 2, -1, 1, 3) + 2 * since + rnorm(5, 0, 1.5) + .5 * cumsum(rnorm(5))
  data.frame(organisation = sprintf("O%02d", o), wave, first = first[o], y = round(y, 3))
}))
write.csv(panel, "adopters.csv", row.names = FALSE)

cohorts <- c(3, 4, 5, 0)
size <- sapply(cohorts, function(g) sum(first == g))
cell <- function(g, t) paste(g, t)
effect <- function(g, t, base = g - 1) {  # the weights of cohorts' means at waves
  w <- list()
  others <- cohorts[cohorts != g & (cohorts == 0 | cohorts > max(t, base))]
  if (!length(others)) return(NULL)
  n <- size[match(others, cohorts)]
  w[[cell(g, t)]] <- 1; w[[cell(g, base)]] <- -1
  for (i in seq_along(others)) {
    w[[cell(others[i], t)]] <- -n[i] / sum(n); w[[cell(others[i], base)]] <- n[i] / sum(n)
  }
  unlist(w)
}
panel$cell <- factor(ifelse(panel$wave == 1, "", cell(panel$first, panel$wave)))
fit <- lm(y ~ factor(organisation) + cell, panel)
vcov <- vcovCR(fit, panel$organisation, "CR2")
told <- function(w) {
  contrast <- setNames(rep(0, length(coef(fit))), names(coef(fit)))
  for (name in names(w)) {  # the first wave is the reference of its cohort
    own <- paste0("cell", name)
    if (own %in% names(contrast)) contrast[own] <- contrast[own] + w[[name]]
  }
  dropped <- is.na(coef(fit))
  found <- linear_contrast(fit, vcov, rbind(contrast[!dropped]), test = "Satterthwaite", p_values = TRUE)
  c(estimate = found$Est, se = found$SE, df = found$df, lower = found$CI_L, upper = found$CI_U,
    pvalue = found$p_val)
}
mean_of <- function(effects, weights) {
  all <- unique(unlist(lapply(effects, names)))
  total <- setNames(rep(0, length(all)), all)
  for (i in seq_along(effects))
    total[names(effects[[i]])] <- total[names(effects[[i]])] + effects[[i]] * weights[i] / sum(weights)
  total
}
adopting <- c(3, 4, 5)
events <- lapply(c(-4, -3, -2, 0, 1, 2), function(e) {
  own <- adopting[adopting + e >= 1 & adopting + e <= 5]
  mean_of(lapply(own, function(g) effect(g, g + e)), size[match(own, cohorts)])
})
names(events) <- c(-4, -3, -2, 0, 1, 2)
overall <- mean_of(lapply(adopting, function(g) {
  own <- lapply(g:5, function(t) effect(g, t))
  mean_of(own, rep(1, length(own)))
}), size[1:3])
lasting <- mean_of(lapply(c(3, 4), function(g) effect(g, 5, base = g)), size[1:2])
object <- function(l) paste0("{", paste0('"', names(l), '": ', formatC(l, digits = 12, format = "g"), collapse = ", "), "}")
all <- c(events, list(overall = overall, lasting = lasting))
writeLines(paste0("{", paste0('"', names(all), '": ', sapply(all, function(w) object(told(w))), collapse = ",\n "), "}"), "adopters.json")
