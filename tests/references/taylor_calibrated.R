# Standard errors after poststratification, raking and calibration; of wholes, domains, items with missing answers.
# "raked" is rake(), which projects residuals ten times, without weights; "raking" is calibrate(), which regresses.
# Rscript taylor_calibrated.R    reads data/*.csv, writes taylor_calibrated.json
suppressPackageStartupMessages({library(survey); library(jsonlite)})
data(api)
apistrat <- read.csv("data/apistrat.csv", stringsAsFactors = TRUE)
clus2 <- read.csv("data/apiclus2.csv", stringsAsFactors = TRUE)
people <- read.csv("data/nhanes.csv")
people$high <- as.integer(people$HI_CHOL == 1)

stat <- function(x) list(est = as.vector(coef(x)), se = as.vector(SE(x)))
full <- function(x) c(stat(x), list(vcov = unname(as.matrix(vcov(x)))))
dstrat <- svydesign(id = ~1, strata = ~stype, weights = ~pw, fpc = ~fpc, data = apistrat)
dclus1 <- svydesign(id = ~dnum, weights = ~pw, fpc = ~fpc, data = apiclus1)
dclus2 <- svydesign(id = ~dnum + snum, fpc = ~fpc1 + fpc2, data = clus2)
dnh <- svydesign(id = ~SDMVPSU, strata = ~SDMVSTRA, weights = ~WTMEC2YR, nest = TRUE, data = people)

wide <- table(sch.wide = apipop$sch.wide); awards <- table(awards = apipop$awards); types <- table(stype = apipop$stype)
by_intercept <- function(...) {  # totals of model.matrix: the whole, and all levels but the first of each margin
  margins <- list(...)
  rest <- lapply(margins, function(m) setNames(as.vector(m)[-1], paste0(names(dimnames(m)), names(m)[-1])))
  c(`(Intercept)` = sum(margins[[1]]), unlist(rest))
}
tight <- list(epsilon = 1e-13, maxit = 500)
cal <- function(design, formula, population, ...) {
  calibrate(design, formula, population, epsilon = tight$epsilon, maxit = tight$maxit, ...)
}
linear_totals <- c(by_intercept(wide, awards), api99 = sum(apipop$api99))
small <- by_intercept(wide, awards)

designs <- list(
  poststratified = postStratify(dstrat, ~sch.wide, wide),
  raked = rake(dstrat, list(~sch.wide, ~awards), list(wide, awards), control = list(maxit = 500, epsilon = 1e-14)),
  raking = cal(dstrat, ~sch.wide + awards, small, calfun = "raking"),
  linear = cal(dstrat, ~sch.wide + awards + api99, linear_totals),
  linear_bounded = cal(dstrat, ~sch.wide + awards + api99, linear_totals, calfun = "linear", bounds = c(0.8, 1.2)),
  logit = cal(dstrat, ~sch.wide + awards + api99, linear_totals, calfun = "logit", bounds = c(0.6, 1.4)),
  clusters = cal(dclus1, ~stype + api99, c(by_intercept(types), api99 = 3914069)),
  two_stages = cal(dclus2, ~stype + sch.wide, by_intercept(types, wide))
)
refs <- list()
for (name in names(designs)) {
  d <- designs[[name]]
  refs[[name]] <- list(
    mean = full(svymean(~api00 + api99, d)),
    total = full(svytotal(~api00 + api99, d)),
    wide = full(svytotal(~sch.wide, d)),
    missing_mean = full(svymean(~acs.k3, d, na.rm = TRUE)),
    missing_total = full(svytotal(~acs.k3, d, na.rm = TRUE)),
    ratio = stat(svyratio(~api.stu, ~enroll, d, na.rm = TRUE)),
    by = stat(svyby(~api00, ~comp.imp, d, svymean)),
    bytotal = stat(svyby(~api00, ~comp.imp + stype, d, svytotal)),
    byratio = stat(svyby(~api00, ~stype, denominator = ~api99, d, svyratio)),
    bymissing = stat(svyby(~acs.k3, ~comp.imp, d, svymean, na.rm = TRUE)),
    where = stat(svymean(~api00, subset(d, comp.imp == "Yes" & stype == "E"))),
    deff = as.vector(deff(svymean(~api00, d, deff = TRUE))),
    degf = c(degf(d), degf(subset(d, comp.imp == "Yes"))),
    difference = stat(svycontrast(  # of two domain means, as a function of four totals
      svytotal(~I(api00 * (comp.imp == "Yes")) + I(1 * (comp.imp == "Yes")) +
                 I(api00 * (comp.imp == "No")) + I(1 * (comp.imp == "No")), d) |>
        (\(t) { names(t) <- c("y1", "n1", "y0", "n0"); dimnames(attr(t, "var")) <- list(names(t), names(t)); t })(),
      quote(y1 / n1 - y0 / n0)))
  )
}
races <- c(50e6, 190e6, 60e6, 24e6)
sexes <- c(160e6, 164e6)
raked <- cal(dnh, ~factor(race) + factor(RIAGENDR), c(sum(races), races[-1], sexes[-1]), calfun = "raking")
refs$nhanes <- list(
  races = races, sexes = sexes,
  mean = full(svymean(~high, raked, na.rm = TRUE)),
  by = stat(svyby(~high, ~agecat, raked, svymean, na.rm = TRUE)),
  bytotal = stat(svyby(~high, ~agecat, raked, svytotal, na.rm = TRUE)),
  degf = sapply(1:4, function(a) degf(subset(raked, agecat == a & !is.na(high))))
)
meta <- list(R = R.version.string, survey = as.character(packageVersion("survey")), script = "taylor_calibrated.R",
             wide = as.list(wide), awards = as.list(awards), types = as.list(types), api99 = sum(apipop$api99))
write_json(list(meta = meta, refs = refs), "taylor_calibrated.json", digits = NA, auto_unbox = TRUE, pretty = TRUE)
