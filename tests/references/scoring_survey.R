# Reference values for tests/scoring/test_standard_errors.py.
# R 4.x with the package survey (Debian: r-cran-survey). From this folder: Rscript scoring_survey.R > scoring_survey.json
# The answers are levels 1..5 worth 0, 0.25, 0.5, 0.75, 1; NA is "don't know". One row per ballot.
suppressPackageStartupMessages(library(survey))
q <- data.frame(
  q1 = c(5, 4, 4, 3, 5, 2, 4, NA, 1, 4, 5, 3),
  q2 = c(4, 4, NA, 3, 5, 1, 3, 5, 2, NA, 4, 3),
  q3 = c(5, NA, 4, 2, 4, 2, NA, 4, 1, 3, 5, 4)
)
full <- data.frame(
  group = rep(c("a", "b"), times = c(8, 7)),
  c1 = c(5, 4, 3, 4, 2, 5, 4, 1, 3, 2, 4, 4, 5, 3, 2),
  c2 = c(4, 4, 2, 5, 1, 5, 3, 2, 3, 1, 5, 4, 4, 2, 2)
)
worth <- function(x) (x - 1) / 4
v <- worth(as.matrix(q))

# 1. ratio of totals over ballots
d <- data.frame(y = rowSums(v, na.rm = TRUE), m = rowSums(!is.na(v)))
ratio <- svyratio(~y, ~m, svydesign(ids = ~1, data = d, weights = ~1))

# 2. the same as the mean over answers with the ballot as cluster
long <- na.omit(data.frame(ballot = rep(seq_len(nrow(v)), ncol(v)), value = as.vector(v)))
clustered <- svymean(~value, svydesign(ids = ~ballot, data = long, weights = ~1))

# 3. points: two groups of weight 0.6 and 0.4, two criteria of 3 and 2 points, covariance within the ballot
full$v1 <- worth(full$c1); full$v2 <- worth(full$c2)
points <- function(g) {
  part <- svydesign(ids = ~1, data = full[full$group == g, ], weights = ~1)
  svycontrast(svymean(~ v1 + v2, part), c(v1 = 3, v2 = 2))
}
a <- points("a"); b <- points("b")
total <- 0.6 * coef(a) + 0.4 * coef(b)
total_se <- sqrt(0.36 * vcov(a) + 0.16 * vcov(b))

# 4. SIPAS, satisfied = levels 4 and 5, one group, three complete items
sat <- data.frame(1 * (full[c("c1", "c2")] >= 4)); sat$c3 <- 1 * (full$c1 + full$c2 >= 7)
pooled <- svyratio(~I(c1 + c2 + c3), ~I(0 * c1 + 3), svydesign(ids = ~1, data = sat, weights = ~1))
items <- svycontrast(svymean(~ c1 + c2 + c3, svydesign(ids = ~1, data = sat, weights = ~1)), c(c1 = 1, c2 = 1, c3 = 1) / 3)

# 5. mean of respondents with blank answers
s <- 1 * (as.matrix(q) >= 4)
own <- svymean(~x, svydesign(ids = ~1, data = data.frame(x = rowMeans(s, na.rm = TRUE)), weights = ~1))

number <- function(x) sprintf("%.15g", as.numeric(x))
list_of <- function(x) paste0("[", paste(ifelse(is.na(x), "null", x), collapse = ", "), "]")
cat('{\n  "made_by": "Rscript scoring_survey.R, survey', as.character(packageVersion("survey")), '",\n')
cat('  "q": [', paste(sapply(q, list_of), collapse = ",\n        "), '],\n')
cat('  "group": ["', paste(full$group, collapse = '", "'), '"],\n', sep = "")
cat('  "c1": ', list_of(full$c1), ',\n  "c2": ', list_of(full$c2), ',\n  "c3_satisfied": ', list_of(sat$c3), ',\n', sep = "")
cat('  "ratio": [', number(coef(ratio)), ', ', number(SE(ratio)), '],\n', sep = "")
cat('  "clustered_mean": [', number(coef(clustered)), ', ', number(SE(clustered)), '],\n', sep = "")
cat('  "points": [', number(total), ', ', number(total_se), '],\n', sep = "")
cat('  "sipas_pooled": [', number(coef(pooled)), ', ', number(SE(pooled)), '],\n', sep = "")
cat('  "sipas_items": [', number(coef(items)), ', ', number(SE(items)), '],\n', sep = "")
cat('  "sipas_respondents": [', number(coef(own)), ', ', number(SE(own)), ']\n}\n', sep = "")
