# Reference values for tests/sampling/test_calibration.py and test_weights.py.
# R 4.2 with survey 4.1.1 and sampling 2.9. From this folder: Rscript calibration.R > calibration.json
# The data are apiclus1 of the package survey: 183 schools in 15 districts, weights 33.847 each.
suppressPackageStartupMessages({library(survey); library(sampling); library(jsonlite)})
data(api)
stypes <- c(E = 4421, H = 755, M = 1018)
schwide <- c(No = 1072, Yes = 5122)
d <- svydesign(id = ~dnum, weights = ~pw, data = apiclus1, fpc = ~fpc)
w <- function(design) as.vector(weights(design))

# poststratification, by one column and by a crossing; raking run to the end
types <- data.frame(stype = names(stypes), Freq = stypes)
wide <- data.frame(sch.wide = names(schwide), Freq = schwide)
crossing <- data.frame(stype = c("E", "H", "M", "E", "H", "M"), sch.wide = rep(c("No", "Yes"), each = 3),
  Freq = c(472, 288, 312, 3949, 467, 706))
uneven <- d
uneven$prob <- d$prob / (1 + (apiclus1$snum %% 7) / 4)
mild <- d
mild$prob <- d$prob / (0.9 + (apiclus1$snum %% 3) / 10) # the package's Newton steps cycle on bounded weights of uneven
raked <- function(design) rake(design, list(~stype, ~sch.wide), list(types, wide), control = list(maxit = 500, epsilon = 1e-12))

# distances with and without bounds; the controls are those of the package's own example
x <- c(`(Intercept)` = 6194, stypeH = 755, stypeM = 1018, api99 = 3914069)
cal <- function(design, ...) calibrate(design, ~ stype + api99, x, epsilon = 1e-12, maxit = 500, ...)
X <- model.matrix(~ stype + api99, apiclus1)
calib_g <- function(method, ...) as.vector(calib(X, d = apiclus1$pw, total = x, method = method, ...))

# response propensities by logistic regression, unweighted and weighted
responded <- 1 * (apiclus1$snum %% 3 != 0)
weights_uneven <- w(uneven)
fit <- glm(responded ~ stype + api99, family = binomial, data = apiclus1, control = glm.control(epsilon = 1e-14, maxit = 100))
fit_w <- suppressWarnings(glm(responded ~ stype + api99, family = quasibinomial, data = apiclus1,
  weights = weights_uneven, control = glm.control(epsilon = 1e-14, maxit = 100)))

# weighting classes: known eligibility and response by type of school
outcome <- c("respondent", "nonrespondent", "ineligible", "unknown", "respondent")[1 + apiclus1$snum %% 5]
known <- outcome != "unknown"
a1 <- ave(weights_uneven, apiclus1$stype, FUN = sum) / ave(weights_uneven * known, apiclus1$stype, FUN = sum) * known
w1 <- weights_uneven * a1
er <- outcome == "respondent"; en <- outcome == "nonrespondent"
a2 <- ave(w1 * (er | en), apiclus1$stype, FUN = sum) / ave(w1 * er, apiclus1$stype, FUN = sum)
w2 <- ifelse(er, w1 * a2, ifelse(en, 0, w1))

kish <- function(v) length(v) * sum(v^2) / sum(v)^2
trimmed <- function(...) w(trimWeights(uneven, ...))

out <- list(
  meta = list(R = R.version.string, survey = as.character(packageVersion("survey")),
    sampling = as.character(packageVersion("sampling"))),
  data = list(stype = as.character(apiclus1$stype), sch.wide = as.character(apiclus1$sch.wide), api99 = apiclus1$api99,
    pw = apiclus1$pw, uneven = weights_uneven, mild = w(mild), responded = responded, outcome = outcome),
  poststratify = w(postStratify(uneven, ~stype, types)),
  poststratify_crossing = w(postStratify(uneven, ~ stype + sch.wide, crossing)),
  crossing = crossing,
  rake = w(raked(d)), rake_uneven = w(raked(uneven)),
  linear = w(cal(d)), linear_uneven = w(cal(uneven)),
  linear_bounds = w(cal(d, bounds = c(0.7, 1.7))),
  raking = w(cal(d, calfun = "raking")), raking_uneven = w(cal(uneven, calfun = "raking")),
  raking_bounds = w(cal(d, calfun = "raking", bounds = c(0.7, 1.7))),
  logit = w(cal(d, calfun = "logit", bounds = c(0.7, 1.8))),
  logit_uneven = w(cal(uneven, calfun = "logit", bounds = c(0.4, 2.2))),
  raking_weight_bounds = w(cal(mild, calfun = "raking", bounds = list(lower = 20, upper = 60), bounds.const = TRUE)),
  linear_weight_bounds = w(cal(mild, bounds = list(lower = 20, upper = 60), bounds.const = TRUE)),
  calib_linear_g = calib_g("linear"), calib_raking_g = calib_g("raking"),
  calib_truncated_g = calib_g("truncated", bounds = c(0.7, 1.7)),
  calib_logit_g = calib_g("logit", bounds = c(0.5, 2)),
  trim = trimmed(lower = 25, upper = 70), trim_strict = trimmed(lower = 36, upper = 70, strict = TRUE),
  kish_uneven = kish(weights_uneven),
  propensity = as.vector(fitted(fit)), propensity_weighted = as.vector(fitted(fit_w)),
  propensity_coefficients = as.list(coef(fit)),
  eligibility_weights = w1, nonresponse_weights = w2
)
lines <- mapply(function(name, value) paste0("\"", name, "\": ", toJSON(value, digits = NA, auto_unbox = TRUE)), names(out), out)
cat("{", paste(lines, collapse = ",\n"), "}\n", sep = "\n")
