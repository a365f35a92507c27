# Reference values for tests/analysis/test_quality.py, from base R and psych (Debian: r-cran-psych). The package careless
# is not packaged there; its indices are computed from their definitions: rle, sd, cor; mahad is psych::outlier.
# From this folder: Rscript quality.R
suppressPackageStartupMessages({library(psych); library(jsonlite)})
set.seed(20260)
n <- 60; k <- 8
trait <- rnorm(n)
x <- sapply(1:k, function(j) findInterval(0.8 * trait + 0.6 * rnorm(n), c(-1.6, -0.8, 0.1, 1.1)) + 1)
x[, 8] <- 6 - x[, 8]
holes <- x
holes[cbind(c(2, 5, 9, 9, 30), c(1, 4, 2, 3, 8))] <- NA
string <- function(v) { l <- rle(v)$lengths; c(max(l), mean(l)) }
strings <- apply(x, 1, string); strings_holes <- apply(holes, 1, string)
even_odd <- function(v, lengths) {
  ends <- cumsum(lengths); starts <- ends - lengths + 1
  half <- function(first) sapply(seq_along(lengths), function(s) mean(v[seq(starts[s] + first, ends[s], 2)], na.rm = TRUE))
  r <- suppressWarnings(cor(half(0), half(1), use = "pairwise.complete.obs"))
  r <- 2 * r / (1 + r)
  if (!is.na(r) && r < -1) -1 else r
}
pairs_of <- function(m, keep) { r <- cor(m, use = "pairwise.complete.obs"); r[upper.tri(r, TRUE)] <- 0; which(keep(r), arr.ind = TRUE) }
within <- function(m, p) apply(m, 1, function(v) {
  ok <- !is.na(v[p[, 1]]) & !is.na(v[p[, 2]])
  if (sum(ok) > 2) suppressWarnings(cor(v[p[, 1]], v[p[, 2]], use = "pairwise.complete.obs")) else NA
})
syn <- function(r) r > 0.5; ant <- function(r) r < -0.4
cluster <- rep(1:7, c(4, 6, 8, 9, 10, 11, 12))
aov_icc <- function(y) {
  ok <- !is.na(y); a <- anova(lm(y[ok] ~ factor(cluster[ok]))); s <- table(cluster[ok])
  msb <- a[1, 3]; msw <- a[2, 3]; n0 <- (sum(s) - sum(s^2) / sum(s)) / (length(s) - 1)
  f <- msb / msw; low <- f / qf(0.975, a[1, 1], a[2, 1]); high <- f / qf(0.025, a[1, 1], a[2, 1])
  c(icc = (msb - msw) / (msb + (n0 - 1) * msw), low = (low - 1) / (low + n0 - 1), high = (high - 1) / (high + n0 - 1), p = a[1, 5], n0 = n0)
}
balanced <- matrix(x[, 1], ncol = 6)  # ten targets, six ratings each
one <- suppressWarnings(ICC(balanced, lmer = FALSE))$results[1, ]
p <- c(0.001, 0.008, 0.039, 0.041, 0.042, 0.06, 0.074, 0.205, 0.212, 0.216, 0.222, 0.251, 0.269, 0.275, 0.34, 0.6)
out <- list(
  x = x, holes = holes,
  longest = strings[1, ], average = strings[2, ], longest_holes = strings_holes[1, ], average_holes = strings_holes[2, ],
  irv = apply(x, 1, sd), irv_holes = apply(holes, 1, sd, na.rm = TRUE),
  mahad = as.numeric(outlier(x, plot = FALSE)), mahad_holes = as.numeric(outlier(holes, plot = FALSE)),
  even_odd = apply(x, 1, even_odd, c(4, 2, 2)), even_odd_holes = apply(holes, 1, even_odd, c(4, 2, 2)),
  synonyms = within(x, pairs_of(x, syn)), synonyms_holes = within(holes, pairs_of(holes, syn)),
  antonyms = within(x, pairs_of(x, ant)), antonyms_holes = within(holes, pairs_of(holes, ant)),
  cluster = cluster, icc = t(apply(holes, 2, aov_icc)),
  balanced = balanced, icc1 = unlist(one[c("ICC", "p", "lower bound", "upper bound")]),
  p = p, bh = p.adjust(p, "BH")
)
write_json(out, "quality.json", digits = NA, na = "null", auto_unbox = TRUE)
