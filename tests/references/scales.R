# Reference values for tests/analysis/test_moments.py, test_reliability.py, test_factors.py, test_polychoric.py.
# R 4.2 with psych 2.2.9, GPArotation 2022.10-2, lavaan 0.6-14 and survey 4.1.1 (Debian).
# From this folder: Rscript scales.R
# bfi: data/bfi.csv is psych::bfi. Loadings of fa are those of psych in psych's order of columns.
# "settled" are the same rotations with stats::varimax run to its end: psych calls it with its default eps = 1e-5, with
# which it stops up to 1e-3 before the maximum.
suppressPackageStartupMessages({library(psych); library(lavaan); library(survey); library(jsonlite)})
bfi <- read.csv(file.path("data", "bfi.csv"))
items <- bfi[, 1:25]
complete <- na.omit(items)

scale_of <- function(x) {
  a <- suppressWarnings(psych::alpha(x, warnings = FALSE))
  one <- fa(cov2cor(cov(x, use = "pairwise")), 1, n.obs = nrow(na.omit(x)), fm = "minres")
  l <- as.vector(one$loadings)
  list(
    items = names(x), n = nrow(na.omit(x)), raw = a$total$raw_alpha, std = a$total$std.alpha, G6 = a$total$`G6(smc)`,
    average_r = a$total$average_r, median_r = a$total$median_r, signal = a$total$`S/N`, ase = a$total$ase,
    feldt = c(a$feldt$lower.ci[[1]], a$feldt$upper.ci[[1]]), mean = a$total$mean, sd = a$total$sd,
    drop_raw = a$alpha.drop$raw_alpha, drop_std = a$alpha.drop$std.alpha, drop_G6 = a$alpha.drop$`G6(smc)`,
    raw_r = a$item.stats$raw.r, std_r = a$item.stats$std.r, r_cor = a$item.stats$r.cor, r_drop = a$item.stats$r.drop,
    item_mean = a$item.stats$mean, item_sd = a$item.stats$sd, item_n = a$item.stats$n,
    omega = sum(l)^2 / (sum(l)^2 + sum(1 - l^2)), one_factor = l
  )
}
agreeable <- items[, 1:5]
agreeable$A1 <- 7 - agreeable$A1
scales <- list(
  A_reversed = scale_of(na.omit(agreeable)), A_as_asked = scale_of(na.omit(items[, 1:5])),
  N = scale_of(na.omit(items[, 16:20])), O_as_asked = scale_of(na.omit(items[, 21:25])),
  N_pairwise = scale_of(items[, 16:20])
)

weighted <- na.omit(cbind(items[, 16:20], age = bfi$age))
cw <- cov.wt(weighted[, 1:5], wt = weighted$age)$cov
alpha_weighted <- list(alpha = (5 / 4) * (1 - sum(diag(cw)) / sum(cw)), n = nrow(weighted),
                       cor = unname(cov2cor(cw)))

# Shrout and Fleiss (1979), Table 2
sf <- matrix(c(9, 2, 5, 8, 6, 1, 3, 2, 8, 4, 6, 8, 7, 1, 2, 6, 10, 5, 6, 9, 6, 2, 4, 7), ncol = 4, byrow = TRUE)
icc_of <- function(x) {
  r <- ICC(x, lmer = FALSE)
  list(x = unname(as.matrix(x)), n = nrow(x), k = ncol(x), type = r$results$type, icc = r$results$ICC, F = r$results$F,
       df1 = r$results$df1, df2 = r$results$df2, p = r$results$p,
       low = r$results$`lower bound`, high = r$results$`upper bound`)
}
iccs <- list(shrout_fleiss = icc_of(sf), bfi_N = icc_of(na.omit(items[1:60, 16:20])))

# alpha under a design: the delta method on the covariance matrix of svyvar
design_alpha <- function(d, names) {
  v <- svyvar(as.formula(paste("~", paste(names, collapse = "+"))), d)
  k <- length(names)
  c <- matrix(coef(v), k, k)
  slope <- k / (k - 1) * (-as.vector(diag(k)) / sum(c) + sum(diag(c)) / sum(c)^2)
  list(alpha = k / (k - 1) * (1 - sum(diag(c)) / sum(c)), se = sqrt(drop(t(slope) %*% attr(v, "var") %*% slope)),
       df = degf(d))
}
sample <- na.omit(bfi[, c(paste0("N", 1:5), "age", "gender")])
sample$psu <- (seq_len(nrow(sample)) - 1) %/% 25
sample$stratum <- sample$psu %% 4
clustered <- svydesign(~psu, strata = ~stratum, weights = ~age, data = sample)
known <- c(sum(sample$age), 0.6 * sum(sample$age))  # people, and those of gender 2
by_design <- list(
  clustered = design_alpha(clustered, paste0("N", 1:5)),
  calibrated = design_alpha(calibrate(clustered, ~factor(gender), known), paste0("N", 1:5))
)

settled <- function(f, rotate) {
  a <- unclass(f$loadings)
  if (rotate == "varimax") return(unname(unclass(varimax(a, eps = 1e-15)$loadings)))
  h <- sqrt(rowSums(a^2))
  x <- unclass(varimax(a / h, normalize = FALSE, eps = 1e-15)$loadings)
  u <- lm.fit(x, x * abs(x)^3)$coefficients
  unname(unclass(x %*% u %*% diag(sqrt(diag(solve(t(u) %*% u)))) * h))
}
factors_of <- function(x, k, fm, rotate, n) {
  r <- cor(x)
  f <- suppressWarnings(fa(r, k, n.obs = n, fm = fm, rotate = rotate, max.iter = 1000))
  plain <- suppressWarnings(fa(r, k, n.obs = n, fm = fm, rotate = "none", max.iter = 1000))
  list(
    k = k, fm = fm, rotate = rotate, items = colnames(x), n = n, loadings = unname(unclass(f$loadings)),
    settled = if (rotate %in% c("varimax", "promax")) settled(plain, rotate) else NULL,
    communality = unname(f$communality), Phi = if (is.null(f$Phi)) NULL else unname(f$Phi),
    SS = unname(f$Vaccounted[1, ]), objective = f$objective, chisq = f$STATISTIC, df = f$dof, p = f$PVAL,
    null_chisq = f$null.chisq, null_df = f$null.dof, rms = f$rms, crms = f$crms,
    RMSEA = unname(f$RMSEA), TLI = f$TLI, BIC = f$BIC,
    weights = unname(factor.scores(x, f, method = "Thurstone")$weights)
  )
}
cases <- list()
for (fm in c("minres", "ml")) for (rotate in c("none", "varimax", "oblimin", "promax")) {
  cases[[length(cases) + 1]] <- factors_of(complete, 5, fm, rotate, nrow(complete))
}
hs <- read.csv(file.path("data", "holzinger.csv"))[, paste0("x", 1:9)]
for (rotate in c("varimax", "oblimin", "promax")) {
  cases[[length(cases) + 1]] <- factors_of(hs, 3, "ml", rotate, nrow(hs))
}
cases[[length(cases) + 1]] <- factors_of(complete[, 16:20], 1, "minres", "none", nrow(complete))

k <- KMO(cor(complete))
adequacy <- list(overall = k$MSA, items = unname(k$MSAi),
                 bartlett = cortest.bartlett(cor(complete), n = nrow(complete))[c("chisq", "p.value", "df")])

set.seed(20260501)
pa <- suppressMessages(fa.parallel(complete, fm = "minres", fa = "both", SMC = TRUE, n.iter = 200, plot = FALSE,
                                   sim = TRUE))
set.seed(20260501)
sims <- replicate(2000, {
  r <- cor(matrix(rnorm(nrow(complete) * 25), ncol = 25))
  pc <- eigen(r)$values
  diag(r) <- smc(r)
  c(pc, eigen(r)$values)
})
parallel <- list(
  pc = pa$pc.values, fa = pa$fa.values, ncomp = pa$ncomp, nfact = pa$nfact, n = nrow(complete),
  sim_mean = rowMeans(sims), sim_q95 = apply(sims, 1, quantile, 0.95), sim_sd = apply(sims, 1, sd)
)

poly <- function(x) unname(unclass(lavCor(x, ordered = names(x))))
thresholds <- function(x) unname(unclass(lavCor(x, ordered = names(x), output = "th")))
two <- data.frame(a = c(rep(0, 30), rep(1, 20)), b = c(rep(0, 30), rep(0, 8), rep(1, 12)))  # an empty cell
four <- data.frame(a = c(0, 0, 1, 1), b = c(0, 1, 0, 1))[rep(1:4, c(40, 12, 9, 25)), ]
small <- complete[1:80, c("N1", "N2", "A3", "O4")]  # tables of 6 x 6 with many empty cells
lav <- function(x) unname(unclass(lavCor(x, ordered = names(x))))
polychorics <- list(
  bfi = list(items = names(complete)[1:10], rho = poly(complete[, 1:10]), th = thresholds(complete[, 1:10])),
  psych_bfi = unname(suppressWarnings(psych::polychoric(complete[, 1:10], correct = 0)$rho)),
  small = list(items = names(small), rho = poly(small), th = thresholds(small)),
  two_by_two = list(table = matrix(table(four), 2), rho = lav(four)[2, 1]),
  empty_two_by_two = list(table = matrix(table(two), 2), rho = lav(two)[2, 1])
)
pairwise <- list(items = names(items)[1:10], cor = unname(cor(items[, 1:10], use = "pairwise")),
                 n = unname(pairwiseCount(items[, 1:10])))

write_json(
  list(
    versions = sapply(c("psych", "GPArotation", "lavaan", "survey"), function(p) as.character(packageVersion(p))),
    R = R.version.string, scales = scales, alpha_ci = unclass(alpha.ci(0.7, n.obs = 500, n.var = 5, digits = 8)),
    alpha_weighted = alpha_weighted, by_design = by_design, icc = iccs, factors = cases, adequacy = adequacy, parallel = parallel,
    polychorics = polychorics, pairwise = pairwise
  ),
  "scales.json", digits = NA, auto_unbox = TRUE, pretty = FALSE, na = "null"
)
