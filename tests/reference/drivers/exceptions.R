# Exact intervals of shares: exceptions.csv has k, n and the limits.
k <- c(0, 1, 3, 30, 80, 81)
n <- c(81, 3, 3, 81, 81, 81)
limits <- t(mapply(function(k, n) binom.test(k, n)$conf.int, k, n))
table <- data.frame(k, n, lower = limits[, 1], upper = limits[, 2])
write.csv(format(table, digits = 12), "exceptions.csv", row.names = FALSE, quote = FALSE)
