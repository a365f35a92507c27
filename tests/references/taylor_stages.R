# Two stages with a population size at each, labels that start anew in each stratum, lonely units, degrees of freedom,
# intervals, design effects, covariances across domains and items.
# Rscript taylor_stages.R    writes taylor_stages.json, data/apiclus2.csv and data/nhanes.csv beside itself
suppressPackageStartupMessages({library(survey); library(jsonlite)})
data(api); data(nhanes)

kept <- c("dnum", "snum", "fpc1", "fpc2", "pw", "stype", "sch.wide", "comp.imp", "api00", "api99", "enroll", "api.stu",
          "acs.k3", "ell", "meals")
clus2 <- apiclus2[kept]
clus2$fpc2 <- as.vector(clus2$fpc2)
write.csv(format(clus2, digits = 17, trim = TRUE), "data/apiclus2.csv", row.names = FALSE, quote = FALSE)
people <- nhanes[1:2500, ]
people$agecat <- as.integer(people$agecat)
write.csv(format(people, digits = 17, trim = TRUE), "data/nhanes.csv", row.names = FALSE, quote = FALSE)
clus2 <- read.csv("data/apiclus2.csv", stringsAsFactors = TRUE)  # what the tests read
people <- read.csv("data/nhanes.csv")

stat <- function(x) list(est = as.vector(coef(x)), se = as.vector(SE(x)))
full <- function(x) c(stat(x), list(vcov = unname(as.matrix(vcov(x)))))
refs <- list()
keep <- function(name, expression) {
  call <- substitute(expression)
  refs[[name]] <<- list(call = paste(deparse(call), collapse = " "), value = eval(call, parent.frame()))
}

dclus2 <- svydesign(id = ~dnum + snum, fpc = ~fpc1 + fpc2, data = clus2)
dclus2a <- svydesign(id = ~dnum + snum, fpc = ~fpc1 + endless, weights = ~pw, data = transform(clus2, endless = Inf))
dclus2b <- svydesign(id = ~dnum + snum, weights = ~pw, data = clus2)
keep("clus2.mean", full(svymean(~api00 + api99, dclus2)))
keep("clus2.enroll", full(svymean(~enroll, dclus2, na.rm = TRUE)))
keep("clus2.total", full(svytotal(~api00 + api99, dclus2)))
keep("clus2.total.enroll", full(svytotal(~enroll, dclus2, na.rm = TRUE)))
keep("clus2.ratio", stat(svyratio(~api.stu, ~enroll, dclus2, na.rm = TRUE)))
keep("clus2.factor", full(svymean(~stype, dclus2)))
keep("clus2.by", stat(svyby(~api00, ~stype, dclus2, svymean)))
keep("clus2.bytotal", stat(svyby(~enroll, ~stype, dclus2, svytotal, na.rm = TRUE)))
keep("clus2.weights", sum(weights(dclus2)))
keep("clus2.degf", c(degf(dclus2), sapply(c("E", "H", "M"), function(s) degf(subset(dclus2, stype == s)))))
options(survey.lonely.psu = "certainty")  # districts with one drawn school have nothing to say of the second stage
keep("clus2.first_fpc.mean", full(svymean(~api00 + api99, dclus2a)))
options(survey.lonely.psu = "fail")
keep("clus2.no_fpc.mean", full(svymean(~api00 + api99, dclus2b)))
deff_of <- function(x, ...) as.vector(deff(svymean(x, dclus2, na.rm = TRUE, ...)))
keep("clus2.deff", list(deff = c(deff_of(~enroll, deff = TRUE), deff_of(~api00, deff = TRUE)),
                        replace = c(deff_of(~enroll, deff = "replace"), deff_of(~api00, deff = "replace"))))

dnh <- svydesign(id = ~SDMVPSU, strata = ~SDMVSTRA, weights = ~WTMEC2YR, nest = TRUE, data = people)
keep("nhanes.mean", full(svymean(~HI_CHOL, dnh, na.rm = TRUE)))
keep("nhanes.by_race", stat(svyby(~HI_CHOL, ~race, dnh, svymean, na.rm = TRUE)))
keep("nhanes.by_race_sex", stat(svyby(~HI_CHOL, ~race + RIAGENDR, dnh, svymean, na.rm = TRUE)))
keep("nhanes.total_by_race", stat(svyby(~HI_CHOL, ~race, dnh, svytotal, na.rm = TRUE)))
keep("nhanes.factor_by_race", {
  f <- svyby(~factor(agecat), ~race, dnh, svymean)
  list(est = unname(as.matrix(f[, 2:5])), se = unname(as.matrix(f[, 6:9])))
})
keep("nhanes.degf", c(degf(dnh), sapply(1:4, function(r) degf(subset(dnh, race == r & !is.na(HI_CHOL))))))
keep("nhanes.n", sapply(1:4, function(r) sum(people$race == r & !is.na(people$HI_CHOL))))
keep("nhanes.confint", {
  d <- subset(dnh, race == 2 & !is.na(HI_CHOL))
  unname(rbind(confint(svymean(~HI_CHOL, d), df = degf(d)), confint(svymean(~HI_CHOL, d), df = degf(d), level = 0.9)))
})
keep("nhanes.where", stat(svymean(~HI_CHOL, subset(dnh, race == 2 & RIAGENDR == 1), na.rm = TRUE)))
keep("nhanes.deff_by_race", {
  a <- svyby(~HI_CHOL, ~race, dnh, svymean, na.rm = TRUE, deff = TRUE)
  b <- svyby(~HI_CHOL, ~race, dnh, svytotal, na.rm = TRUE, deff = "replace")
  list(mean = as.vector(a$DEff.HI_CHOL), total_replace = as.vector(b$DEff.HI_CHOL))
})

# labels of units reused across strata, read as if they were the same units: what nest = TRUE prevents
keep("nhanes.labels_reused", {
  d <- svydesign(id = ~SDMVPSU, weights = ~WTMEC2YR, data = people)
  stat(svymean(~HI_CHOL, d, na.rm = TRUE))
})

dclus1 <- svydesign(id = ~dnum, weights = ~pw, fpc = ~fpc, data = apiclus1)
dstrat <- svydesign(id = ~1, strata = ~stype, weights = ~pw, fpc = ~fpc, data = apistrat)
keep("clus1.by.vcov", full(svyby(~api00 + api99, ~stype, dclus1, svymean, covmat = TRUE)))  # items within api00, api99
keep("strat.by.vcov", full(svyby(~api00 + api99, ~comp.imp, dstrat, svymean, covmat = TRUE)))
keep("clus1.contrast", {
  b <- svyby(~api00, ~stype, dclus1, svymean, covmat = TRUE)
  list(E_H = stat(svycontrast(b, c(E = 1, H = -1))), E_HM = stat(svycontrast(b, c(E = 1, H = -0.5, M = -0.5))))
})
keep("strat.contrast_items", stat(svycontrast(svymean(~api00 + api99, dstrat), c(api00 = 1, api99 = -1))))
keep("strat.total_contrast", {
  b <- svyby(~enroll, ~comp.imp, dstrat, svytotal, covmat = TRUE)
  c(full(b), difference = stat(svycontrast(b, c(Yes = 1, No = -1))))
})
keep("clus1.ratio_deff", {
  a <- svyratio(~api.stu, ~enroll, dclus1, deff = TRUE)
  b <- svyratio(~api.stu, ~enroll, dclus1, deff = "replace")
  c(deff(a), deff(b))
})
keep("clus1.total_deff", {
  a <- svyby(~enroll, ~stype, dclus1, svytotal, deff = TRUE)
  as.vector(a$DEff.enroll)
})
keep("clus1.confint_by", {
  d <- subset(dclus1, stype == "H")
  list(df = degf(d), ci = unname(confint(svymean(~api00, d), df = degf(d))))
})

# lonely units: H keeps one of its schools; in the second stage, a district of three keeps one of its schools
one <- apistrat[c(which(apistrat$stype != "H"), which(apistrat$stype == "H")[1]), ]
for (rule in c("certainty", "adjust", "average")) {
  options(survey.lonely.psu = rule)
  d <- svydesign(id = ~1, strata = ~stype, weights = ~pw, data = one)
  f <- svydesign(id = ~1, strata = ~stype, weights = ~pw, fpc = ~fpc, data = one)
  at <- function(name) paste("lonely", rule, name, sep = ".")
  keep(at("mean"), full(svymean(~api00 + api99, d)))
  keep(at("total"), full(svytotal(~api00 + api99, d)))
  keep(at("fpc.mean"), full(svymean(~api00 + api99, f)))
  keep(at("ratio"), stat(svyratio(~api00, ~api99, d)))
  keep(at("by"), stat(svyby(~api00, ~comp.imp, d, svymean)))
  keep(at("by.covmat"), stat(svyby(~api00, ~comp.imp, d, svymean, covmat = TRUE)))
  keep(at("without_H"), stat(svymean(~api00, subset(d, stype != "H"))))
}
# of R's "average" in a domain: over the strata that the domain reaches, unless covmat = TRUE makes it over all
# a district with three or more drawn schools keeps the first
big <- names(which(table(clus2$dnum) >= 3 & tapply(clus2$fpc2, clus2$dnum, max) > 1))[1]
fewer <- clus2[!(clus2$dnum == big & duplicated(clus2$dnum)), ]
keep("lonely.second.district", as.integer(big))
for (rule in c("certainty", "adjust")) {
  options(survey.lonely.psu = rule)
  d <- svydesign(id = ~dnum + snum, fpc = ~fpc1 + fpc2, data = fewer)
  keep(paste("lonely.second", rule, sep = "."), full(svymean(~api00 + api99, d)))
}

meta <- list(R = R.version.string, survey = as.character(packageVersion("survey")), script = "taylor_stages.R")
write_json(list(meta = meta, refs = refs), "taylor_stages.json", digits = NA, auto_unbox = TRUE, pretty = TRUE)
