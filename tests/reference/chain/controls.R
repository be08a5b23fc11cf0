# Reference values of links with covariates held equal: R 4.2, lavaan 0.6-14 (Rosseel 2012, JSS 48(2)).
# Run in this folder: Rscript controls.R   writes controls.csv (data) and controls.json.
#
# Every item has the covariates as observed exogenous variables, beside its factor; the factors have not.
# Groups of rows (units) are held equal too, by their indicators, as slopes within units are.
suppressMessages(library(lavaan))
set.seed(31)
n <- 600
unit <- rep(1:6, each = 100)
x <- sample(c("old", "young", "middle"), n, TRUE, c(.5, .3, .2))
z <- sample(c("no", "yes"), n, TRUE)
push <- .8 * (x == "young") - .5 * (x == "middle") + .9 * (z == "yes") + .3 * unit
f <- rnorm(n)
g <- .4 * f + rnorm(n, sd = sqrt(1 - .16))
item <- function(factor, loading) signif(loading * factor + push + sqrt(1 - loading^2) * rnorm(n), 12)
d <- data.frame(unit, x, z, f1 = item(f, .8), f2 = item(f, .7), f3 = item(f, .75),
                g1 = item(g, .8), g2 = item(g, .7), g3 = item(g, .75))
write.csv(d, "controls.csv", row.names = FALSE, quote = FALSE)
design <- model.matrix(~ x + z + factor(unit), d)[, -1]
colnames(design) <- paste0("c", seq_len(ncol(design)))
items <- c("f1", "f2", "f3", "g1", "g2", "g3")
model <- paste(c("f =~ f1 + f2 + f3", "g =~ g1 + g2 + g3", "g ~ f",
                 paste(items, "~", paste(colnames(design), collapse = " + "))), collapse = "\n")
fit <- sem(model, cbind(d, design), meanstructure = TRUE)
e <- parameterEstimates(fit)
value <- function(lhs, op, rhs) e$est[e$lhs == lhs & e$op == op & e$rhs == rhs]
values <- c(link = value("g", "~", "f"), f2 = value("f", "=~", "f2"), f3 = value("f", "=~", "f3"),
            g2 = value("g", "=~", "g2"), g3 = value("g", "=~", "g3"), f = value("f", "~~", "f"), g = value("g", "~~", "g"))
writeLines(paste0("{", paste0('"', names(values), '": ', formatC(values, digits = 10, format = "g"), collapse = ",\n "), "}"), "controls.json")
