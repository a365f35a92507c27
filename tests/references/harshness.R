# Reference values for tests/analysis/test_harshness.py: respondent and unit effects.
# R 4.2.2 with lme4 1.1.31, jsonlite. From this folder: Rscript harshness.R
suppressPackageStartupMessages({library(lme4); library(jsonlite)})
set.seed(4)
units <- LETTERS[1:6]; people <- sprintf("r%02d", 1:25)
d <- do.call(rbind, lapply(people, function(r) data.frame(respondent = r, unit = sample(units, sample(2:5, 1)))))
d$y <- round(70 + 6 * rnorm(25)[match(d$respondent, people)] + 2 * match(d$unit, units) + 3 * rnorm(nrow(d)), 1)
d$w <- round(runif(25, 0.5, 3), 2)[match(d$respondent, people)] * round(runif(nrow(d), 0.9, 1.1), 2)
d <- rbind(d, transform(d[1:2, ], y = y + 1))  # two ratings of one unit by one respondent
p <- length(units); centre <- diag(p) - 1 / p

fixed <- function(fit, w) {
  X <- model.matrix(fit); bread <- solve(t(X) %*% (X * w)); e <- residuals(fit)
  at <- grep("^unit", colnames(X))
  of_units <- function(v) { full <- matrix(0, p, p); full[2:p, 2:p] <- v[at, at]; centre %*% full %*% centre }
  scores <- rowsum(X * (w * e), d$respondent); G <- nrow(scores)
  grid <- expand.grid(respondent = people, unit = units)
  each <- tapply(w, d$respondent, mean)[people]
  list(adjusted = sapply(units, function(u) weighted.mean(predict(fit, data.frame(respondent = people, unit = u)), each)),
       effect = drop(centre %*% c(0, coef(fit)[at])), sigma2 = summary(fit)$sigma^2,
       model = of_units(vcov(fit)), clustered = of_units(bread %*% crossprod(scores) %*% bread) * G / (G - 1))
}
d$one <- 1
plain <- lm(y ~ respondent + unit, d); weighted <- lm(y ~ respondent + unit, d, weights = w)
mixed <- lmer(y ~ 0 + unit + (1 | respondent), d, control = lmerControl(optCtrl = list(xtol_abs = 1e-12, ftol_abs = 1e-14)))
v <- as.data.frame(VarCorr(mixed))$vcov
X <- model.matrix(~0 + unit, d); k <- v[1] / v[2]
whole <- diag(nrow(d)) + k * outer(d$respondent, d$respondent, `==`)
bread <- solve(t(X) %*% solve(whole, X))
scores <- rowsum(X * drop(solve(whole, d$y - X %*% fixef(mixed))), d$respondent); G <- nrow(scores)
random_clustered <- centre %*% (bread %*% crossprod(scores) %*% bread * G / (G - 1)) %*% centre
out <- list(
  data = d[, c("respondent", "unit", "y", "w")], units = units,
  plain = tapply(d$y, d$unit, mean)[units], fixed = fixed(plain, d$one), weighted = fixed(weighted, d$w),
  random = list(level = unname(fixef(mixed)), tau2 = v[1], sigma2 = v[2],
                model = centre %*% as.matrix(vcov(mixed)) %*% centre, clustered = random_clustered)
)
write_json(out, "harshness.json", digits = NA, dataframe = "columns")
