# Reference values for tests/analysis/test_replicate*.py.
# R 4.2.2 with survey 4.1.1, jsonlite. From this folder: Rscript replicate.R
# Factors of random replicates are exported, so that errors can be compared digit by digit; api data from data/.
suppressPackageStartupMessages({library(survey); library(jsonlite)})
strat <- read.csv("data/apistrat.csv"); clus1 <- read.csv("data/apiclus1.csv")
data(scd)
set.seed(20240521)
refs <- list()

statistics <- function(rep, mse = FALSE) {
  total <- svytotal(~api00 + enroll, rep, na.rm = TRUE)
  mean <- svymean(~api00 + api99, rep)
  ratio <- svyratio(~api00, ~api99, rep)
  by <- svyby(~api00 + api99, ~stype, rep, svymean)
  list(
    replicates = ncol(weights(rep, "analysis")), degf = degf(rep),
    total = as.numeric(coef(total)), total_se = as.numeric(SE(total)),
    mean = as.numeric(coef(mean)), mean_se = as.numeric(SE(mean)), mean_cov = unname(unclass(vcov(mean))),
    ci = unname(confint(mean, df = degf(rep))),
    ratio = as.numeric(coef(ratio)), ratio_se = as.numeric(SE(ratio)),
    stype = as.character(by$stype), by = unname(as.matrix(by[, 2:3])), by_se = unname(as.matrix(SE(by))),
    share = as.numeric(coef(svymean(~stype, rep))), share_se = as.numeric(SE(svymean(~stype, rep))),
    by_cov = unname(unclass(vcov(svyby(~api00, ~stype, rep, svymean, covmat = TRUE))))
  )
}
scales <- function(rep) list(scale = rep$scale, rscales = unique(round(rep$rscales, 15)))

dstrat <- svydesign(id = ~1, strata = ~stype, weights = ~pw, data = strat, fpc = ~fpc)
dplain <- svydesign(id = ~1, strata = ~stype, weights = ~pw, data = strat)
dclus1 <- svydesign(id = ~dnum, weights = ~pw, data = clus1, fpc = ~fpc)
dnofpc <- svydesign(id = ~dnum, weights = ~pw, data = clus1)
for (mse in c(FALSE, TRUE)) {
  name <- function(x) paste0(x, if (mse) ".mse" else "")
  made <- list(
    jkn_strat = as.svrepdesign(dstrat, type = "JKn", mse = mse),
    jk1_clus = as.svrepdesign(dclus1, type = "JK1", mse = mse),
    jk1_nofpc = as.svrepdesign(dnofpc, type = "JK1", mse = mse),
    brr_strat = as.svrepdesign(dplain, type = "BRR", mse = mse),
    fay_strat = as.svrepdesign(dplain, type = "Fay", fay.rho = 0.3, mse = mse))
  for (one in names(made)) refs[[name(one)]] <- c(statistics(made[[one]]), scales(made[[one]]))
}

# two stages: replicates are of the first; enroll has blanks
clus2 <- read.csv("data/apiclus2.csv")
two <- suppressWarnings(as.svrepdesign(svydesign(id = ~dnum + snum, weights = ~pw, data = clus2, fpc = ~fpc1 + fpc2)))
refs$jk1_clus2 <- list(
  scale = two$scale, degf = degf(two), mean_se = as.numeric(SE(svymean(~api00 + api99, two))),
  enroll = as.numeric(coef(svymean(~enroll, two, na.rm = TRUE))),
  enroll_se = as.numeric(SE(svymean(~enroll, two, na.rm = TRUE))),
  total_se = as.numeric(SE(svytotal(~enroll, two, na.rm = TRUE))))

# bootstraps: the factors by first-stage unit (in the order of their first row) and what R makes of them
whole <- within(strat, fpc[stype == "M"] <- 50)
dwhole <- svydesign(id = ~1, strata = ~stype, weights = ~pw, data = whole, fpc = ~fpc)
set.seed(7)
boots <- list(
  subbootstrap_clus = as.svrepdesign(dnofpc, type = "subbootstrap", replicates = 20),
  bootstrap_clus = as.svrepdesign(dnofpc, type = "bootstrap", replicates = 20),
  bootstrap_clus_fpc = as.svrepdesign(dclus1, type = "bootstrap", replicates = 20),
  bootstrap_clus_mse = as.svrepdesign(dclus1, type = "bootstrap", replicates = 15, mse = TRUE))
for (one in names(boots)) {
  rep <- boots[[one]]
  factors <- rep$repweights$weights
  first <- clus1$dnum[!duplicated(clus1$dnum)]
  refs[[one]] <- c(statistics(rep), list(scale = rep$scale, psu = first, factors = unname(matrix(as.numeric(factors), nrow(factors)))))
}
refs$scale_of_strata <- list(
  subbootstrap = as.svrepdesign(dplain, type = "subbootstrap", replicates = 20)$scale,
  bootstrap = as.svrepdesign(dstrat, type = "bootstrap", replicates = 20)$scale,
  whole = range(as.svrepdesign(dwhole, type = "bootstrap", replicates = 20)$repweights$weights[which(whole$stype == "M"), ]),
  whole_degf = degf(as.svrepdesign(dwhole, type = "JKn")),
  whole_mean_se = as.numeric(SE(svymean(~api00, as.svrepdesign(dwhole, type = "JKn")))))

# balanced half-samples of the ambulance data that come with survey
dscd <- svydesign(id = ~ambulance, strata = ~ESA, weights = ~rep(1, 6), data = scd, nest = TRUE)
for (type in c("BRR", "Fay")) for (mse in c(FALSE, TRUE)) {
  rep <- as.svrepdesign(dscd, type = type, fay.rho = if (type == "Fay") 0.5 else 0, mse = mse)
  ratio <- svyratio(~alive, ~arrests, rep)
  refs[[paste0("scd_", type, if (mse) ".mse" else "")]] <- list(
    scd = scd, factors = unname(rep$repweights$weights[rep$repweights$index, ]), scale = rep$scale, degf = degf(rep),
    ratio = as.numeric(coef(ratio)), ratio_se = as.numeric(SE(ratio)),
    total = as.numeric(coef(svytotal(~alive, rep))), total_se = as.numeric(SE(svytotal(~alive, rep))))
}
refs$hadamard_orders <- sapply(1:320, function(n) ncol(hadamard(n)))
refs$hadamard_4 <- unname(hadamard(3))
refs$hadamard_12 <- unname(hadamard(11))

# functions of means that are not smooth, under the draws above
rep <- boots$subbootstrap_clus
rounded <- withReplicates(rep, function(w, data) round(sum(w * data$api00) / sum(w) - sum(w * data$api99) / sum(w)))
largest <- withReplicates(rep, function(w, data) max(tapply(w * data$api00, data$stype, sum) / tapply(w, data$stype, sum)))
refs$functions <- list(
  rounded = as.numeric(coef(rounded)), rounded_se = as.numeric(SE(rounded)),
  largest = as.numeric(coef(largest)), largest_se = as.numeric(SE(largest)))

# lonely units under the stratified jackknife
lonely <- data.frame(s = c(1, 1, 1, 2, 2, 3, 4), p = 1:7, y = c(1, 2, 4, 3, 5, 7, 9), w = 1:7)
for (rule in c("adjust", "certainty", "average")) {
  options(survey.lonely.psu = rule)
  rep <- as.svrepdesign(svydesign(id = ~p, strata = ~s, weights = ~w, data = lonely), type = "JKn")
  refs[[paste0("lonely_", rule)]] <- list(
    total_se = as.numeric(SE(svytotal(~y, rep))), mean_se = as.numeric(SE(svymean(~y, rep))), degf = degf(rep))
}
options(survey.lonely.psu = "fail")

# calibration repeated in each replicate
types <- data.frame(stype = c("E", "H", "M"), Freq = c(4421, 755, 1018))
wide <- data.frame(sch.wide = c("No", "Yes"), Freq = c(1072, 5122))
jk <- as.svrepdesign(dclus1, type = "JK1"); jks <- as.svrepdesign(dstrat, type = "JKn")
control <- list(maxit = 500, epsilon = 1e-13)
controls <- c(`(Intercept)` = 6194, stypeH = 755, stypeM = 1018, api99 = 3914069)
calibrated <- list(
  post_clus = postStratify(jk, ~stype, types),
  rake_clus = rake(jk, list(~stype, ~sch.wide), list(types, wide), control = control),
  linear_clus = calibrate(jk, ~stype + api99, controls),
  raking_clus = calibrate(jk, ~stype + api99, controls, calfun = "raking", epsilon = 1e-11, maxit = 200),
  logit_clus = calibrate(jk, ~stype + api99, controls, calfun = "logit", bounds = c(0.2, 4), epsilon = 1e-11, maxit = 500),
  rake_strat = rake(jks, list(~stype, ~sch.wide), list(types, wide), control = control),
  linear_strat = calibrate(jks, ~stype + api99, controls))
for (one in names(calibrated)) {
  rep <- calibrated[[one]]
  refs[[one]] <- c(statistics(rep), list(weights = head(as.numeric(weights(rep, "sampling")), 5)))
}

meta <- list(R = R.version.string, survey = as.character(packageVersion("survey")), command = "Rscript replicate.R")
write(toJSON(list(meta = meta, refs = refs), digits = I(16), auto_unbox = TRUE, na = "null"), "replicate.json")
