# Reference values for tests/analysis/test_cluster_icc.py, from base R (aov, lm, qf) and lme4 (Debian: r-cran-lme4).
# From this folder: Rscript cluster_icc.R
# n0 for unequal clusters, the interval is Searle's. In strata: anova(lm(y ~ stratum / cluster)).
suppressPackageStartupMessages({library(lme4); library(jsonlite)})
set.seed(20261)
sizes <- c(3, 5, 5, 7, 4, 8, 6, 2, 9, 5, 6, 4)
cluster <- rep(seq_along(sizes), sizes)
stratum <- c("a", "a", "a", "a", "b", "b", "b", "b", "b", "c", "c", "c")[cluster]
level <- c(a = 55, b = 70, c = 40)[stratum]
y <- round(level + 9 * rnorm(12)[cluster] + 18 * rnorm(length(cluster)), 3)
limits <- function(a, n0, row, resid) {
  f <- a[row, 3] / a[resid, 3]; df <- a[c(row, resid), 1]
  low <- f / qf(0.975, df[1], df[2]); high <- f / qf(0.025, df[1], df[2])
  c((low - 1) / (low + n0 - 1), (high - 1) / (high + n0 - 1), pf(f, df[1], df[2], lower.tail = FALSE))
}
icc <- function(a, n0, row, resid) {
  b <- a[row, 3]; w <- a[resid, 3]; value <- (b - w) / (b + (n0 - 1) * w)
  c(n0 = n0, icc = value, deff = 1 + (n0 - 1) * value, limits(a, n0, row, resid))
}
n <- length(y); s <- table(cluster)
plain <- anova(aov(y ~ factor(cluster)))
n0 <- (n - sum(s^2) / n) / (length(s) - 1)
nested <- anova(lm(y ~ factor(stratum) / factor(cluster)))
n_h <- tapply(y, stratum, length)
of <- tapply(stratum, cluster, function(v) v[1])
n0_h <- (n - sum(s^2 / n_h[of])) / (length(s) - length(n_h))
even <- round(50 + matrix(rep(12 * rnorm(10), 6) + 18 * rnorm(60), ncol = 6), 3)  # ten clusters of six: here the
# method of moments is REML
long <- data.frame(y = as.vector(t(even)), g = factor(rep(1:10, each = 6)))
parts <- as.data.frame(VarCorr(lmer(y ~ 1 + (1 | g), long)))$vcov
out <- list(
  y = y, cluster = cluster, stratum = stratum,
  plain = icc(plain, n0, 1, 2), nested = icc(nested, n0_h, 2, 3),
  even = even, reml = parts[1] / sum(parts)
)
write_json(out, "cluster_icc.json", digits = NA, auto_unbox = TRUE)
