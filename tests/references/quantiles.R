# Reference values for tests/analysis/test_quantiles.py.
# R 4.2 with the package survey 4.1.1 (Debian: r-cran-survey). From this folder: Rscript quantiles.R
# svyquantile's defaults: alpha = 0.05, interval.type = "mean", qrule = "math", df = degf(design), se = ci.
# Rows are sorted by value and weight: R orders equal values as they come, which matters for hf5 to hf9.
# "below" is what svyquantile asks of the design: svymean(x <= quantile).
suppressPackageStartupMessages({library(survey); library(jsonlite)})
read <- function(name) read.csv(file.path("data", paste0(name, ".csv")))
q <- c(0.1, 0.25, 0.5, 0.75, 0.9)
designs <- list(
  strat = function(x) svydesign(id = ~1, strata = ~stype, weights = ~pw, data = x, fpc = ~fpc),
  clus1 = function(x) svydesign(id = ~dnum, weights = ~pw, data = x, fpc = ~fpc)
)
files <- list(strat = "apistrat", clus1 = "apiclus1")
cases <- list()
for (d in names(designs)) for (variable in c("api00", "ell", "growth")) {
  table <- read(files[[d]])
  design <- designs[[d]](table[order(table[[variable]], table$pw), ])
  x <- design$variables[[variable]]
  for (rule in c("math", "school", "hf5", "hf6", "hf7", "hf8", "hf9")) {
    for (type in c("mean", "beta", "xlogit", "asin")) {
      if (type != "mean" && !(rule %in% c("math", "hf7"))) next
      r <- svyquantile(as.formula(paste0("~", variable)), design, q, interval.type = type, qrule = rule)[[1]]
      below <- lapply(r[, 1], function(at) svymean(as.numeric(x <= at), design))
      cases[[length(cases) + 1]] <- list(
        design = d, variable = variable, rule = rule, type = type, q = q, estimate = unname(r[, 1]),
        low = unname(r[, 2]), high = unname(r[, 3]), se = unname(r[, 4]),
        below = list(p = unname(sapply(below, coef)), se = unname(sapply(below, SE))),
        n = nrow(design), df = degf(design)
      )
    }
  }
}
write_json(
  list(survey = as.character(packageVersion("survey")), R = R.version.string, cases = cases),
  "quantiles.json", digits = NA, auto_unbox = TRUE, pretty = FALSE, na = "null"
)
