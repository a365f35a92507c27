# Reference values for tests/sampling/test_inclusion.py, test_joint.py and test_unequal.py.
# R 4.2 with the packages sampling 2.9 and jsonlite (Debian: r-cran-sampling, r-cran-jsonlite).
# From this folder: Rscript sampling.R   (writes sampling.json)
suppressPackageStartupMessages({library(sampling); library(jsonlite)})
data(belgianmunicipalities)
people <- belgianmunicipalities$Tot04[1:80]          # Antwerp has ten times the people of most others
incomes <- belgianmunicipalities$averageincome[1:80]

refs <- list()
add <- function(name, call, value, ...) refs[[name]] <<- c(list(call = call, value = value), list(...))

# 1. inclusion probabilities; n = 30 takes units for certain in several rounds
for (n in c(1, 5, 30, 79)) {
  add(paste0("pik.people.", n), sprintf("inclusionprobabilities(Tot04[1:80], %d)", n), inclusionprobabilities(people, n))
}
a <- c(1:5, 50, 60, 70, 100, 200, 400)
add("pik.steep.7", "inclusionprobabilities(c(1:5, 50, 60, 70, 100, 200, 400), 7)", inclusionprobabilities(a, 7), sizes = a)

# 2. joint probabilities: a vector with ties, one with certain units, one of 24 units
p5 <- c(.1, .25, .25, .3, .35, .5, .55, .6, .65, .65, .7, .1)     # sum 5, ties
p24 <- inclusionprobabilities(people[11:34], 6)
for (key in c("p5", "p24")) {
  p <- get(key)
  add(paste0("tille.", key), "UPtillepi2(p)", UPtillepi2(p), p = p)
  add(paste0("sampford.", key), "UPsampfordpi2(p)", UPsampfordpi2(p), p = p)
  add(paste0("systematic.", key), "UPsystematicpi2(p)", UPsystematicpi2(p), p = p)
  tilde <- UPMEpiktildefrompik(p, eps = 1e-14)
  add(paste0("maxent.", key), "UPMEpik2frompikw(p, w) with w from UPMEpiktildefrompik(p, eps = 1e-14)",
      UPMEpik2frompikw(p, tilde / (1 - tilde)), p = p)
  add(paste0("tilde.", key), "UPMEpiktildefrompik(p, eps = 1e-14)", tilde, p = p)
  add(paste0("maxent.default.", key), "UPmaxentropypi2(p)", UPmaxentropypi2(p), p = p)
}
certain <- c(1, .2, .7, 1, .8, .5, .4, .4)
add("maxent.certain", "UPmaxentropypi2(p)", UPmaxentropypi2(certain), p = certain)
add("systematic.certain", "UPsystematicpi2(p)", UPsystematicpi2(certain), p = certain)

# 3. totals and variances of one sample of p24
s <- c(2, 5, 9, 14, 17, 23)
y <- incomes[11:34][s] * people[11:34][s] / 1e6
p <- p24[s]
for (key in c("tille", "sampford", "maxent")) {
  joint <- refs[[paste0(key, ".p24")]]$value[s, s]
  add(paste0("varHT.1.", key), "varHT(y, joint, 1)", varHT(y, joint, 1))
  add(paste0("varHT.2.", key), "varHT(y, joint, 2)", varHT(y, joint, 2))
}
add("HT", "HTestimator(y, p)", as.numeric(HTestimator(y, p)))
add("varest", "varest(y, pik = p)", varest(y, pik = p))

# 4. how far 400 balanced samples are off, by variable: root mean square of 100 (estimate - total) / total
set.seed(4)
towns <- belgianmunicipalities[1:80, ]
p <- inclusionprobabilities(towns$Tot04, 20)
X <- cbind(towns$averageincome, towns$medianincome, towns$Arrondiss)
for (m in 1:2) {
  off <- replicate(400, {
    s <- samplecube(cbind(p, X), p, order = 1, comment = FALSE, method = m)
    100 * (colSums((X / p)[s > 0.5, ]) / colSums(X) - 1)
  })
  add(paste0("cube.off.", m), sprintf("samplecube(cbind(p, X), p, order = 1, method = %d), 400 times", m),
      sqrt(rowMeans(off^2)), p = p, X = X)
}

meta <- list(R = R.version.string, sampling = as.character(packageVersion("sampling")), script = "sampling.R",
             people = people, sample = s, y = y)
write(toJSON(list(meta = meta, refs = refs), digits = NA, auto_unbox = TRUE, pretty = FALSE), "sampling.json")
