# Quantiles of domains with the degrees of freedom of the domain, svyquantile's defaults otherwise.
# R 4.2 with survey 4.1.1. From this folder: Rscript domain_quantiles.R
suppressPackageStartupMessages({library(survey); library(jsonlite)})
strat <- read.csv("data/apistrat.csv", stringsAsFactors = TRUE)
clus1 <- read.csv("data/apiclus1.csv", stringsAsFactors = TRUE)
clus2 <- read.csv("data/apiclus2.csv", stringsAsFactors = TRUE)
designs <- list(
  apistrat = svydesign(id = ~1, strata = ~stype, weights = ~pw, data = strat, fpc = ~fpc),
  apiclus1 = svydesign(id = ~dnum, weights = ~pw, data = clus1, fpc = ~fpc),
  apiclus2 = svydesign(id = ~dnum + snum, fpc = ~fpc1 + fpc2, data = clus2)
)
q <- c(0.25, 0.5, 0.75)
found <- function(variable, d, type) {
  d <- subset(d, !is.na(d$variables[[variable]]))
  x <- svyquantile(as.formula(paste0("~", variable)), d, q, ci = TRUE, df = degf(d), interval.type = type)[[1]]
  list(estimate = x[, 1], low = x[, 2], high = x[, 3], se = x[, 4], df = degf(d))
}
cases <- list()
for (name in names(designs)) for (variable in c("api00", "acs.k3")) for (type in c("mean", "beta")) {
  d <- designs[[name]]
  add <- function(where, design) cases[[length(cases) + 1]] <<-
    c(list(design = name, variable = variable, type = type, where = where), found(variable, design, type))
  add("", d)
  for (answer in c("No", "Yes")) add(answer, subset(d, comp.imp == answer))
}
meta <- list(R = R.version.string, survey = as.character(packageVersion("survey")), script = "domain_quantiles.R")
write_json(list(meta = meta, cases = cases), "domain_quantiles.json", digits = NA, auto_unbox = TRUE)
