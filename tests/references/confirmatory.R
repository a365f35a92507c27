# Reference values for tests/analysis/test_confirmatory.py, test_ordinal.py and test_invariance.py.
# R 4.2 with lavaan 0.6-14 and semTools 0.5-6 (Debian). From this folder: Rscript confirmatory.R
# data/holzinger.csv is lavaan::HolzingerSwineford1939, data/bfi.csv is psych::bfi.
suppressPackageStartupMessages({library(lavaan); library(semTools); library(jsonlite)})
hs <- read.csv(file.path("data", "holzinger.csv"))
bfi <- na.omit(read.csv(file.path("data", "bfi.csv"))[, 1:25])
three <- "visual =~ x1 + x2 + x3
textual =~ x4 + x5 + x6
speed =~ x7 + x8 + x9"
five <- paste0(c("A", "C", "E", "N", "O"), " =~ ", sapply(c("A", "C", "E", "N", "O"), function(f)
  paste0(f, 1:5, collapse = " + ")), collapse = "\n")
two <- "A =~ A1 + A2 + A3 + A4 + A5
N =~ N1 + N2 + N3 + N4 + N5"
crossed <- "visual =~ x1 + x2 + x3 + x9
textual =~ x4 + x5 + x6
speed =~ x7 + x8 + x9"
# the first item hardly loads, so that all other loadings are far from one
weak <- "F =~ N3 + A3 + C5 + O3 + N1
G =~ O4 + C3 + C4 + O2 + E3"
plain <- c("chisq", "df", "pvalue", "baseline.chisq", "baseline.df", "cfi", "tli", "rmsea", "rmsea.ci.lower",
           "rmsea.ci.upper", "srmr")
scaled <- c("chisq.scaled", "df.scaled", "pvalue.scaled", "chisq.scaling.factor", "baseline.chisq.scaled",
            "cfi.scaled", "tli.scaled", "rmsea.scaled", "rmsea.ci.lower.scaled", "rmsea.ci.upper.scaled")

estimates <- function(fit) {
  p <- parameterEstimates(fit, ci = FALSE)
  s <- standardizedSolution(fit)
  keep <- p$op %in% c("=~", "~~", "~1", "|")
  out <- data.frame(lhs = p$lhs, op = p$op, rhs = p$rhs, est = p$est, se = p$se, std = s$est.std, std_se = s$se)[keep, ]
  if (!is.null(p$group)) out$group <- p$group[keep]
  out
}
case <- function(model, fit, extra = character(0)) {
  m <- fitMeasures(fit)
  list(model = model, n = sum(lavInspect(fit, "nobs")), estimates = estimates(fit), fit = as.list(m[c(plain, extra)]))
}
ml <- function(model, data) {
  fit <- cfa(model, data = data)
  out <- case(model, fit)
  z <- cfa(model, data = as.data.frame(scale(data[, lavNames(fit)])))
  r <- suppressWarnings(semTools::reliability(z))
  out$composite <- as.list(r["omega", ])
  out$ave <- as.list(r["avevar", ])
  out
}
dwls <- function(model, data) {
  fit <- cfa(model, data = data, ordered = lavNames(cfa(model, data = data, do.fit = FALSE), "ov"))
  case(model, fit, scaled)
}
levels <- list(configural = character(0), metric = "loadings", scalar = c("loadings", "intercepts"))
invariance <- function(model, data, group) {
  fits <- lapply(levels, function(equal) {
    if (length(equal)) cfa(model, data = data, group = group, group.equal = equal) else cfa(model, data = data, group = group)
  })
  tests <- anova(fits[[1]], fits[[2]], fits[[3]])
  list(
    model = model, groups = lavInspect(fits[[1]], "group.label"),
    fits = lapply(fits, function(f) as.list(fitMeasures(f)[plain])), estimates = lapply(fits, estimates),
    difference = list(chisq = tests$`Chisq diff`[2:3], df = tests$`Df diff`[2:3], p = tests$`Pr(>Chisq)`[2:3])
  )
}
withgender <- na.omit(read.csv(file.path("data", "bfi.csv"))[, c(1:5, 16:20, 26)])
write_json(
  list(
    versions = sapply(c("lavaan", "semTools"), function(p) as.character(packageVersion(p))), R = R.version.string,
    ml = list(holzinger = ml(three, hs), bfi = ml(five, bfi), crossed = case(crossed, cfa(crossed, data = hs)),
              weak = case(weak, cfa(weak, data = bfi))),
    dwls = list(two = dwls(two, bfi), bfi = dwls(five, bfi), small = dwls(two, bfi[1:300, ])),
    invariance = list(school = invariance(three, hs, "school"), gender = invariance(two, withgender, "gender"))
  ),
  "confirmatory.json", digits = NA, auto_unbox = TRUE, pretty = FALSE, na = "null"
)
