# Sizes and allocations by PracTools and SamplingStrata, neither of which Debian packages.
#   Rscript sample_size.R FOLDER
# FOLDER holds PracTools.R (the functions nContMoe, nPropMoe, nDep2sam, nProp2sam, clusOpt2, clusOpt2fixedPSU of
# PracTools 1.7.5 and the "totvar" branch of its strAlloc, each returning its numbers before they are rounded for
# print) and Bethel.R (bethel() of SamplingStrata 1.5).
library(jsonlite)

folder <- commandArgs(trailingOnly = TRUE)[1]
source(file.path(folder, "PracTools.R"))
source(file.path(folder, "Bethel.R"))

Nh <- c(215, 65, 252, 50, 149, 144)
Sh <- c(26787207, 10645109, 6909676, 11085034, 9817762, 44553355)
ch <- c(1400, 200, 300, 600, 450, 1000)

strata <- data.frame(
  N = c(1200, 3400, 560, 8000, 2500, 910, 4300, 150),
  M1 = c(12, 8, 25, 5, 14, 30, 9, 60), S1 = c(6, 4, 15, 3, 8, 22, 5, 40),
  M2 = c(0.2, 0.35, 0.5, 0.1, 0.3, 0.6, 0.25, 0.7), S2 = c(0.4, 0.477, 0.5, 0.3, 0.458, 0.49, 0.433, 0.458),
  DOM1 = 1, DOM2 = c("north", "north", "north", "north", "south", "south", "south", "south"),
  COST = c(1, 2, 1.5, 1, 3, 2, 1, 2.5), CENS = 0
)
errors <- data.frame(DOM = c("DOM1", "DOM2"), CV1 = c(0.03, 0.05), CV2 = c(0.05, 0.08))
tight <- data.frame(DOM = c("DOM1", "DOM2"), CV1 = c(0.012, 0.016), CV2 = c(0.02, 0.03))

value <- function(call) list(call = paste(deparse(substitute(call)), collapse = ""), value = call)
refs <- list(
  nContMoe.absolute = value(nContMoe(moe.sw = 1, e = 0.1, S2 = 1.44, N = 3000)),
  nContMoe.relative = value(nContMoe(moe.sw = 2, e = 0.05, alpha = 0.1, CVpop = 0.7, N = 800)),
  nPropMoe.relative = value(nPropMoe(moe.sw = 2, e = 0.1, alpha = 0.01, pU = 0.3, N = 5000)),
  nPropMoe.points = value(ceiling(nPropMoe(moe.sw = 1, e = seq(0.01, 0.08, 0.01), alpha = 0.05, pU = 0.5))),
  nDep2sam = value(nDep2sam(S2x = 200, S2y = 200, g = 0.75, r = 1, rho = 0.9, alt = "one.sided", del = 5)),
  nDep2sam.unequal = value(nDep2sam(S2x = 200, S2y = 350, g = 0.4, r = 2, rho = 0.6, alt = "two.sided", del = 4,
                                    sig.level = 0.01, pow = 0.9)),
  nProp2sam.unequal = value(nProp2sam(px = 0.3, py = 0.4, pxy = 0.2, g = 0.3, r = 1.5, alt = "one.sided", pow = 0.9)),
  clusOpt2.cost = value(clusOpt2(C1 = 750, C2 = 100, delta = 0.05, unit.rv = 1, k = 1, tot.cost = 1e5, cal.sw = 1)),
  clusOpt2.cv = value(clusOpt2(C1 = 750, C2 = 100, delta = 0.01, unit.rv = 2, k = 1.1, CV0 = 0.05, cal.sw = 2)),
  clusOpt2fixedPSU.cost = value(clusOpt2fixedPSU(C1 = 500, C2 = 100, m = 100, delta = 0.05, unit.rv = 2, k = 1,
                                                 tot.cost = 5e5, cal.sw = 1)),
  clusOpt2fixedPSU.cv = value(clusOpt2fixedPSU(C1 = 500, C2 = 100, m = 100, delta = 0.05, unit.rv = 2, k = 1,
                                               CV0 = 0.05, cal.sw = 2)),
  strAlloc.totvar = value(strAlloc.totvar(Nh, Sh, ch, CV0 = 0.05, ybarU = 11664181)),
  power.prop.test = value(power.prop.test(p1 = 0.5, p2 = 0.55, power = 0.8)$n),
  power.t.test = value(power.t.test(delta = 0.5, sd = 2, power = 0.8)$n),
  t.one.df = value(qt(0.975, c(1, 7, 126))),
  bethel = value(c(bethel(strata, errors, realAllocation = TRUE, maxiter = 20000))),
  bethel.tight = value(c(bethel(strata, tight, realAllocation = TRUE, maxiter = 20000)))
)
meta <- list(R = R.version.string, packages = list(PracTools = "1.7.5 (sourced R files)",
             SamplingStrata = "1.5 (sourced R file)"), script = "sample_size.R")
here <- dirname(sub("--file=", "", grep("--file=", commandArgs(), value = TRUE)))
write_json(list(meta = meta, strata = strata, errors = errors, tight = tight, refs = refs),
           file.path(here, "sample_size.json"), auto_unbox = TRUE, digits = NA, pretty = TRUE)
