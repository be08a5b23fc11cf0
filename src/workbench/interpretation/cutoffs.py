"""The marks by which numbers are judged, each once, with its source.

References
----------
1. Cohen, J. (1988). Statistical power analysis for the behavioral sciences (2nd ed.). Erlbaum.
2. Hu, L., & Bentler, P. M. (1999). Cutoff criteria for fit indexes in covariance structure
   analysis. Structural Equation Modeling, 6, 1–55.
3. Nunnally, J. C., & Bernstein, I. H. (1994). Psychometric theory (3rd ed.). McGraw-Hill.
4. Cheung, G. W., & Rensvold, R. B. (2002). Evaluating goodness-of-fit indexes for testing
   measurement invariance. Structural Equation Modeling, 9, 233–255.
5. Browne, M. W., & Cudeck, R. (1993). Alternative ways of assessing model fit. In Testing
   structural equation models (pp. 136–162). Sage.
6. Benjamini, Y., & Hochberg, Y. (1995). Controlling the false discovery rate. Journal of the Royal
   Statistical Society B, 57, 289–300.
7. Dul, J. (2016). Necessary condition analysis (NCA). Organizational Research Methods, 19, 10–52.
8. Chen, F. F. (2007). Sensitivity of goodness of fit indexes to lack of measurement invariance.
   Structural Equation Modeling, 14, 464–504.
9. Fornell, C., & Larcker, D. F. (1981). Evaluating structural equation models with unobservable
   variables and measurement error. Journal of Marketing Research, 18, 39–50.
10. Henseler, J., Ringle, C. M., & Sarstedt, M. (2015). A new criterion for assessing discriminant
    validity in variance-based structural equation modeling. Journal of the Academy of Marketing
    Science, 43, 115–135.
11. Podsakoff, P. M., MacKenzie, S. B., Lee, J.-Y., & Podsakoff, N. P. (2003). Common method biases
    in behavioral research. Journal of Applied Psychology, 88, 879–903.
12. Terwee, C. B., et al. (2007). Quality criteria were proposed for measurement properties of
    health status questionnaires. Journal of Clinical Epidemiology, 60, 34–42.
13. Raftery, A. E. (1995). Bayesian model selection in social research. Sociological Methodology,
    25, 111–163.
14. Staiger, D., & Stock, J. H. (1997). Instrumental variables regression with weak instruments.
    Econometrica, 65, 557–586.
15. LeBreton, J. M., & Senter, J. L. (2008). Answers to 20 questions about interrater reliability
    and interrater agreement. Organizational Research Methods, 11, 815–852.
16. Bliese, P. D. (2000). Within-group agreement, non-independence, and reliability. In Klein &
    Kozlowski (Eds.), Multilevel theory, research, and methods in organizations (pp. 349–381).
17. MacCallum, R. C., Browne, M. W., & Sugawara, H. M. (1996). Power analysis and determination of
    sample size for covariance structure modeling. Psychological Methods, 1, 130–149.
18. Fisher, R. A. (1925). Statistical methods for research workers. Oliver & Boyd.
19. Rhemtulla, M., Brosseau-Liard, P. É., & Savalei, V. (2012). When can categorical variables be
    treated as continuous? Psychological Methods, 17, 354–373.
20. Maas, C. J. M., & Hox, J. J. (2005). Sufficient sample sizes for multilevel modeling.
    Methodology, 1, 86–92.
"""

from typing import NamedTuple

SIGNIFICANCE = 0.05
"""A difference is called one where chance alone would show as large a one less often [18]."""

FALSE_DISCOVERY_RATE = 0.05
"""Of many differences called ones, so many at most are expected to be chance [6]."""

WEAK_LINK, MODERATE_LINK, STRONG_LINK = 0.1, 0.3, 0.5
"""Least size of a standardised link that is weak, moderate and strong [1]."""

WELL_CFI, WELL_RMSEA, WELL_SRMR = 0.95, 0.06, 0.08
"""A model fits well where CFI reaches the first and RMSEA and SRMR stay within the others [2]."""

ACCEPTABLE_CFI, ACCEPTABLE_RMSEA, ACCEPTABLE_SRMR = 0.90, 0.08, 0.10
"""The looser marks of common use, by which a model fits acceptably."""

FEW_CATEGORIES = 5
"""With fewer answer categories than so many, answers count as ordered and not as numbers [19]."""

CLOSE_FIT, NOT_CLOSE_FIT, NEARLY_EXACT_FIT = 0.05, 0.08, 0.01
"""The RMSEA of close fit, and those with which its power is computed: that of a model that does not
fit closely, and of one that fits nearly exactly [17]."""

RELIABLE_FOR_GROUPS = 0.7
"""From this reliability on a score may be used to compare groups [3]."""

RELIABLE_FOR_PERSONS = 0.9
"""From this reliability on a score may be used to decide about single persons [3]."""

CFI_DROP = 0.01
"""By more than this CFI falls where loadings or intercepts are not equal [4]."""

CHEN_SMALL_SAMPLE = 300
"""Up to so many rows the marks of :data:`CHEN_FEW_ROWS` serve [8]."""


class ChenMarks(NamedTuple):
    """By so much CFI falls, and RMSEA or SRMR rise, where a level of equality does not hold."""

    cfi: float
    rmsea: float
    srmr_loadings: float
    srmr_others: float


CHEN_FEW_ROWS = ChenMarks(0.005, 0.010, 0.025, 0.005)
CHEN_MANY_ROWS = ChenMarks(0.010, 0.015, 0.030, 0.010)
"""Chen's marks [8]."""

LEAST_AVE = 0.5
"""From this average variance extracted on, more of the questions' variance is the construct's than
error [9]."""

STRICT_HTMT, LIBERAL_HTMT = 0.85, 0.90
"""Below these heterotrait–monotrait ratios two constructs are distinct [10]."""

ONE_COMPONENT = 0.5
"""Where one component holds more of all items' variance, the method may have made it [11]."""

MANY_AT_AN_END = 0.15
"""Where more answers are at an end of its scale, a question cannot show what is beyond [12]."""

MEDIUM_ICC, LARGE_ICC = 0.10, 0.25
"""From these ICC(1) on a medium and a large part of the variance lies between units [15]."""

AGREE_WEAKLY, AGREE, AGREE_STRONGLY, AGREE_VERY_STRONGLY = 0.305, 0.505, 0.705, 0.905
"""From these r_wg(j) on members of a unit agree weakly, moderately, strongly and very strongly; the
marks are those of two decimals [15]."""

LITTLE_ICC = 0.05
"""An ICC(1) that is small but common in surveys [16]."""

FEWEST_UNITS = 10
"""Below this many units an organisation's own link between sources is hardly more than noise; a
choice made here."""

FEW_ORGANISATIONS = 10
"""With fewer organisations than this what is found in them says little about others; a choice made
here."""

LARGEST_ERROR = 0.3
"""With a larger standard error an organisation's own link says nothing that the others do not say
better; a choice made here."""

WIDEST_PASS_THROUGH = 4.0
"""A total effect in points per point whose 95% interval is wider than this is not told: it would
reach from minus two to plus two; a choice made here."""

ENOUGH_UNITS = 50
"""From so many units on the errors of a two-level model's parts between units are right [20]."""

LEAST_EXPLAINED = 0.02
"""Where drivers may explain less than this share of an outcome, none is called important; a choice
made here."""

MODIFICATION_INDEX = 10.83
"""Chi-square on one degree of freedom beyond which a modification index has p < .001."""

BIC_GAP = 2.0
"""By less than this two models' BIC hardly differ [13]."""

STRONG_INSTRUMENT = 10.0
"""F of the first stage up to which instruments count as weak [14]."""

LEAST_CFI = 0.90
LARGEST_RMSEA = 0.10
"""Below the one and above the other a model misses the data: Browne & Cudeck would not employ a
model with an RMSEA above .10 [5]."""

MEDIUM_NECESSITY, LARGE_NECESSITY, VERY_LARGE_NECESSITY = 0.1, 0.3, 0.5
"""From these effect sizes d on a necessary condition is medium, large and very large; below the
first it is small, and taken as none of any weight [7]."""
