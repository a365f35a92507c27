# Reference values for tests/analysis/test_comparison.py, test_regression.py and test_drivers.py.
# R 4.2 with the package survey 4.1.1 (Debian: r-cran-survey). From this folder: Rscript models.R
# Columns made from others stand in tests/model_cases.py in the same words.
suppressPackageStartupMessages({library(survey); library(jsonlite)})
read <- function(name) read.csv(file.path("data", paste0(name, ".csv")))
prepared <- function(d) {
  d$level <- cut(d$api00, c(0, 550, 650, 750, 1000), labels = c("a", "b", "c", "d"))
  d$poor <- ifelse(d$meals > 60, "Yes", "No")
  d$big <- d$enroll / 1000
  d
}
apistrat <- prepared(read("apistrat"))
apiclus1 <- prepared(read("apiclus1"))
nhanes <- read("nhanes")
nhanes$race <- factor(nhanes$race)
nhanes$agecat <- factor(nhanes$agecat)
strat <- svydesign(id = ~1, strata = ~stype, weights = ~pw, data = apistrat, fpc = ~fpc)
clus1 <- svydesign(id = ~dnum, weights = ~pw, data = apiclus1, fpc = ~fpc)
nh <- svydesign(id = ~SDMVPSU, strata = ~SDMVSTRA, weights = ~WTMEC2YR, nest = TRUE, data = nhanes)
post <- postStratify(clus1, ~stype, data.frame(stype = c("E", "H", "M"), Freq = c(4421, 755, 1018)))
designs <- list(apistrat = strat, apiclus1 = clus1, nhanes = nh, post = post)

chi <- list()
tables <- list(
  list("apistrat", ~comp.imp + sch.wide), list("apistrat", ~level + awards), list("apiclus1", ~stype + comp.imp),
  list("apiclus1", ~stype + level), list("nhanes", ~race + HI_CHOL), list("nhanes", ~agecat + race),
  list("post", ~stype + comp.imp), list("post", ~level + sch.wide)
)
for (t in tables) for (how in c("F", "Chisq", "Wald", "adjWald")) {
  r <- tryCatch(svychisq(t[[2]], designs[[t[[1]]]], statistic = how), error = function(e) NULL)
  if (is.null(r)) next
  chi[[length(chi) + 1]] <- list(design = t[[1]], rows = all.vars(t[[2]])[1], columns = all.vars(t[[2]])[2],
    how = how, statistic = as.vector(r$statistic), df = unname(r$parameter), p = unname(as.vector(r$p.value)))
}

ttests <- list()
for (t in list(list("apistrat", api00 ~ comp.imp), list("apistrat", enroll ~ awards), list("apiclus1", api00 ~ comp.imp),
               list("apiclus1", mobility ~ poor), list("nhanes", HI_CHOL ~ RIAGENDR), list("post", api00 ~ comp.imp))) {
  d <- designs[[t[[1]]]]
  if (t[[1]] == "nhanes") d <- update(d, RIAGENDR = RIAGENDR - 1)
  r <- svyttest(t[[2]], d)
  ttests[[length(ttests) + 1]] <- list(design = t[[1]], item = all.vars(t[[2]])[1], by = all.vars(t[[2]])[2],
    t = unname(r$statistic), df = unname(r$parameter), p = unname(as.vector(r$p.value)), difference = unname(r$estimate),
    interval = as.vector(r$conf.int))
}

walds <- list()
for (t in list(list("apistrat", api00 ~ factor(stype), "stype"), list("apistrat", enroll ~ factor(level), "level"),
               list("apiclus1", api99 ~ factor(stype), "stype"), list("nhanes", HI_CHOL ~ factor(race), "race"),
               list("nhanes", HI_CHOL ~ factor(agecat), "agecat"), list("post", api00 ~ factor(stype), "stype"))) {
  m <- svyglm(t[[2]], designs[[t[[1]]]])
  r <- regTermTest(m, as.formula(paste("~", attr(terms(m), "term.labels"))))
  walds[[length(walds) + 1]] <- list(design = t[[1]], item = all.vars(t[[2]])[1], by = t[[3]], f = as.vector(r$Ftest),
    df1 = r$df, df2 = r$ddf, p = as.vector(r$p))
}

one <- function(m, d, formula, family, name, terms) {
  s <- summary(m)
  list(design = name, outcome = all.vars(formula)[1], predictors = I(terms), family = family,
    names = names(coef(m)), estimate = unname(coef(m)), vcov = unname(vcov(m)), df = m$df.residual,
    p = unname(s$coefficients[, 4]), n = nobs(m), dispersion = as.vector(s$dispersion))
}
precise <- list(epsilon = 1e-15, maxit = 100)
models <- list()
add <- function(name, formula, family, terms, fam) {
  d <- designs[[name]]
  m <- eval(bquote(svyglm(.(formula), d, family = fam, control = .(precise))))
  models[[length(models) + 1]] <<- one(m, d, formula, family, name, terms)
}
add("apistrat", api00 ~ ell + meals + mobility, "linear", c("ell", "meals", "mobility"), gaussian())
add("apistrat", api00 ~ stype + ell, "linear", c("stype", "ell"), gaussian())
add("apistrat", api00 ~ acs.k3 + meals, "linear", c("acs.k3", "meals"), gaussian())
add("apistrat", api00 ~ poor + ell + poor:ell, "linear", c("poor", "ell", "poor:ell"), gaussian())
add("apistrat", api00 ~ poor + stype + poor:stype, "linear", c("poor", "stype", "poor:stype"), gaussian())
add("apistrat", I(sch.wide == "Yes") ~ ell + meals + mobility, "logistic", c("ell", "meals", "mobility"), quasibinomial())
add("apistrat", enroll ~ ell + meals, "poisson", c("ell", "meals"), quasipoisson())
add("apiclus1", api00 ~ ell + meals, "linear", c("ell", "meals"), gaussian())
add("apiclus1", I(comp.imp == "Yes") ~ stype + meals, "logistic", c("stype", "meals"), quasibinomial())
add("post", api00 ~ ell + meals, "linear", c("ell", "meals"), gaussian())
add("post", I(comp.imp == "Yes") ~ stype + meals, "logistic", c("stype", "meals"), quasibinomial())
add("nhanes", HI_CHOL ~ race + agecat + RIAGENDR, "logistic", c("C(race)", "C(agecat)", "RIAGENDR"), quasibinomial())

terms <- list()
m <- svyglm(HI_CHOL ~ race + agecat + RIAGENDR, nh, family = quasibinomial(), control = precise)
for (term in c("race", "agecat")) {
  r <- regTermTest(m, as.formula(paste("~", term)))
  terms[[length(terms) + 1]] <- list(term = paste0("C(", term, ")"), f = as.vector(r$Ftest), df1 = r$df, df2 = r$ddf,
    p = as.vector(r$p))
}

ordinal <- list()
for (t in list(list("apistrat", level ~ ell + big, c("ell", "big")), list("apistrat", level ~ stype + poor, c("stype", "poor")),
               list("apiclus1", level ~ ell + big, c("ell", "big")), list("post", level ~ ell + big, c("ell", "big")))) {
  d <- designs[[t[[1]]]]
  m0 <- svyolr(t[[2]], d)
  k <- length(coef(m0))
  # numerical second derivatives of optim are the limit of the agreement
  tight <- list(reltol = 1e-16, maxit = 10000, ndeps = rep(1e-5, k))
  m <- svyolr(t[[2]], d, control = tight)
  for (i in 1:3) { # from where it stopped
    z <- m$zeta
    m <- svyolr(t[[2]], d, start = c(m$coefficients, z[1], log(diff(z))), control = tight)
  }
  ordinal[[length(ordinal) + 1]] <- list(design = t[[1]], outcome = "level", predictors = t[[3]],
    names = c(names(m$coefficients), names(m$zeta)), estimate = unname(c(m$coefficients, m$zeta)), vcov = unname(vcov(m)),
    df = m$df.residual)
}

# LMG: the increase of R2 when a predictor comes in, averaged over all orders (brute force over permutations)
orders <- function(v) if (length(v) < 2) list(v) else
  do.call(c, lapply(seq_along(v), function(i) lapply(orders(v[-i]), function(o) c(v[i], o))))
r2 <- function(outcome, set, data, w) {
  if (!length(set)) return(0)
  data$w_ <- w
  summary(lm(reformulate(set, outcome), data, weights = w_))$r.squared
}
lmg <- function(outcome, set, data, w) {
  shares <- setNames(numeric(length(set)), set)
  all <- orders(set)
  for (o in all) for (i in seq_along(o))
    shares[o[i]] <- shares[o[i]] + r2(outcome, o[1:i], data, w) - r2(outcome, o[seq_len(i - 1)], data, w)
  shares / length(all)
}
drivers <- list()
for (t in list(list("apistrat", "api00", c("ell", "meals", "mobility", "big")),
               list("apistrat", "api00", c("ell", "stype", "mobility")), list("apiclus1", "api00", c("ell", "meals")))) {
  data <- designs[[t[[1]]]]$variables
  drivers[[length(drivers) + 1]] <- list(data = t[[1]], outcome = t[[2]], predictors = t[[3]],
    lmg = unname(lmg(t[[2]], t[[3]], data, data$pw)), r2 = r2(t[[2]], t[[3]], data, data$pw))
}
set <- c("Agriculture", "Examination", "Education", "Catholic", "Infant.Mortality")
drivers[[length(drivers) + 1]] <- list(data = "swiss", outcome = "Fertility", predictors = set,
  lmg = unname(lmg("Fertility", set, swiss, rep(1, nrow(swiss)))), r2 = r2("Fertility", set, swiss, rep(1, nrow(swiss))),
  table = swiss)

p <- c(0.012, 0.0004, 0.2, 0.031, 0.012, 0.9, 0.048, 0.00001)
adjusted <- list(p = p, holm = p.adjust(p, "holm"), bh = p.adjust(p, "BH"))

write_json(
  list(survey = as.character(packageVersion("survey")), R = R.version.string, chisq = chi, ttest = ttests, wald = walds,
       models = models, terms = terms, ordinal = ordinal, drivers = drivers,
       adjusted = adjusted),
  "models.json", digits = NA, auto_unbox = TRUE, pretty = TRUE, na = "null"
)
