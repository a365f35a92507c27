# Reference values for tests/analysis/test_intervals.py.
# R 4.2 with the package survey 4.1.1 (Debian: r-cran-survey). From this folder: Rscript intervals.R
# Intervals of svyciprop with the estimate, standard error, rows and degrees of freedom that they were made from.
# df is degf(design), svyciprop's default; of a subset, both rows and df are those of the subset.
suppressPackageStartupMessages({library(survey); library(jsonlite)})
read <- function(name) read.csv(file.path("data", paste0(name, ".csv")))
apistrat <- read("apistrat")
apiclus1 <- read("apiclus1")
strat <- svydesign(id = ~1, strata = ~stype, weights = ~pw, data = apistrat, fpc = ~fpc)
clus1 <- svydesign(id = ~dnum, weights = ~pw, data = apiclus1, fpc = ~fpc)
designs <- list(strat = strat, clus1 = clus1, clus1_middle = subset(clus1, stype == "M"))
formulas <- list(
  awards = ~I(awards == "Yes"), wide = ~I(sch.wide == "Yes"), best = ~I(api00 > 750),
  few = ~I(ell == 0), poor = ~I(meals > 90)
)
cases <- list()
for (d in names(designs)) for (f in names(formulas)) for (level in c(0.95, 0.8)) {
  design <- designs[[d]]
  m <- svymean(eval(bquote(~as.numeric(.(formulas[[f]][[2]])))), design)
  if (coef(m) == 0 || coef(m) == 1) next
  limits <- list()
  for (method in c("logit", "asin", "beta", "mean", "xlogit")) {
    ci <- attr(svyciprop(formulas[[f]], design, method = method, level = level), "ci")
    limits[[method]] <- unname(ci)
  }
  cases[[length(cases) + 1]] <- list(
    design = d, share = f, level = level, p = unname(coef(m)), se = unname(SE(m))[1], n = nrow(design),
    df = degf(design), limits = limits
  )
}
# binom.test, and prop.test without the correction (Wilson's interval)
counts <- list(c(0, 5), c(5, 5), c(1, 3), c(7, 20), c(18, 20), c(150, 1000))
binomial <- lapply(counts, function(x) list(
  count = x[1], n = x[2], exact = as.vector(binom.test(x[1], x[2])$conf.int),
  wilson = as.vector(suppressWarnings(prop.test(x[1], x[2], correct = FALSE))$conf.int)
))
write_json(
  list(survey = as.character(packageVersion("survey")), R = R.version.string, cases = cases, binomial = binomial),
  "intervals.json", digits = NA, auto_unbox = TRUE, pretty = TRUE
)
