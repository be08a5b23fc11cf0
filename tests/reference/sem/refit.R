# A model revised: one score a construct, whose error is known and alike in all rows, so that lavaan
# can fix its variance; with a path dropped, with a path added, and items dropped and moved.
#
#   Rscript refit.R          (R 4.2, lavaan 0.6-14)
suppressMessages(library(lavaan))
data <- read.csv("inference/hs.csv")
data$x4[seq(3, 301, 17)] <- NA
measured <- "
  visual =~ x1
  textual =~ x4
  speed =~ x7
  x1 ~~ 0.3*x1
  x4 ~~ 0.2*x4
  x7 ~~ 0.4*x7
"
told <- function(fit) {
  found <- parameterEstimates(fit)
  found <- found[found$op %in% c("~", "=~", ":="), ]
  measures <- fitMeasures(fit)
  list(
    est = setNames(as.list(found$est), paste(found$lhs, found$op, found$rhs)),
    se = setNames(as.list(found$se), paste(found$lhs, found$op, found$rhs)),
    chisq = measures[["chisq"]], scaled = measures[["chisq.scaled"]], df = measures[["df"]]
  )
}
path <- function(lines) {
  sem(paste(measured, lines), data, estimator = "MLR", missing = "fiml", fixed.x = FALSE)
}
full <- path("textual ~ a*visual\n speed ~ b*textual + visual\n ab := a*b")
dropped <- path("textual ~ a*visual\n speed ~ b*textual\n ab := a*b")
difference <- as.data.frame(lavTestLRT(full, dropped))
scaled <- function(model) cfa(model, data, estimator = "MLM")
two <- scaled("visual =~ x1 + x2 + x3\n speed =~ x7 + x8 + x9")
moved <- scaled("visual =~ x1 + x2 + x3 + x9\n speed =~ x7 + x8")
extra <- scaled("visual =~ x1 + x2 + x3 + x9\n speed =~ x7 + x8 + x9")
wider <- as.data.frame(lavTestLRT(extra, two, method = "satorra.bentler.2001"))
wald <- lavTestWald(full, "a == b")
both <- lavTestWald(full, "a == b; a*b == 0.1")
tested <- function(table) {
  list(stat = table[2, "Chisq diff"], df = table[2, "Df diff"], pvalue = table[2, "Pr(>Chisq)"])
}
said <- function(test) list(stat = test$stat, df = test$df, pvalue = test$p.value)
jsonlite::write_json(
  list(
    full = told(full), dropped = told(dropped), difference = tested(difference),
    two = told(two), moved = told(moved), extra = told(extra), wider = tested(wider),
    wald = said(wald), both = said(both)
  ),
  "refit.json", auto_unbox = TRUE, digits = 10, pretty = TRUE
)
