"""The names of the metrics, with a one-line explanation and its source, in Japanese and English."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Label:
    """A name and a one-line explanation, each in both languages. `unit` tells how values are printed."""

    ja: str
    en: str
    ja_note: str = ""
    en_note: str = ""
    unit: Literal["share", "score", "ms", "characters"] = "share"
    higher_is_better: bool | None = True


METRIC_GROUPS: dict[tuple[str, str], dict[str, Label]] = {
    ("検索", "Retrieval"): {
        "hit@1": Label(
            "根拠が1位",
            "Evidence first",
            "検索結果の1位が根拠の文を含む質問の割合",
            "Share of questions whose first hit contains a quote of the evidence (Success@1)",
        ),
        "hit@5": Label(
            "根拠が5位以内",
            "Evidence among five",
            "上位5件のいずれかが根拠の文を含む質問の割合",
            "Share of questions with a quote of the evidence among the first five hits (Success@5)",
        ),
        "hit@10": Label(
            "根拠が10位以内",
            "Evidence among ten",
            "上位10件のいずれかが根拠の文を含む質問の割合",
            "Share of questions with a quote of the evidence among the first ten hits (Success@10)",
        ),
        "recall@5": Label(
            "再現率（5位）",
            "Recall at five",
            "根拠の文のうち上位5件にあるものの割合",
            "Share of the evidence quotes that the first five hits contain (subtopic recall)",
        ),
        "mrr@10": Label(
            "平均逆順位 MRR",
            "Mean reciprocal rank",
            "根拠を含む最初の結果の順位の逆数の平均（10位まで。Voorhees 1999）",
            "Mean of 1 / rank of the first hit with evidence, 0 beyond rank ten (Voorhees 1999)",
            "score",
        ),
        "ndcg@10": Label(
            "nDCG",
            "nDCG",
            "根拠を含む結果が上位に並ぶほど1に近い（10位まで。Järvelin・Kekäläinen 2002）",
            "Normalised discounted cumulative gain of the first ten hits (Järvelin and Kekäläinen 2002)",
            "score",
        ),
    },
    ("回答", "Answers"): {
        "accuracy": Label(
            "正答率",
            "Accuracy",
            "正しく答えた、または正しく「文書にない」とした割合",
            "Share of questions answered correctly, or correctly not answered (a list counts by its share)",
        ),
        "answer_match": Label(
            "回答が正解を含む",
            "Answer contains the gold",
            "正解の語句が回答文にある割合（列挙は項目の割合。ALCEの string exact match）",
            "A gold answer is in the answer's text; of a list, the share of its items (ALCE's string exact match)",
        ),
        "first_match": Label(
            "最初の文が正解を含む",
            "First sentence contains it",
            "正解の語句が回答の最初の文にある割合",
            "The same for the answer's first sentence alone",
        ),
        "char_f1": Label(
            "文字F1",
            "Character F1",
            "引用・回答の文と正解との文字の重なり（SQuAD・JSQuADの定義）",
            "Character overlap of the best quote or sentence with the gold (SQuAD, JSQuAD)",
            "score",
        ),
        "span_f1": Label(
            "印の文字F1",
            "Character F1 of the marked words",
            "答えとして最初に印を付けた語句と正解との文字の重なり（印のある回答について）",
            "The same for the first words marked as the answer, over the answers that mark any",
            "score",
        ),
        "vital_nuggets": Label(
            "要点の再現率（必須）",
            "Vital nuggets",
            "必ず述べるべき要点のうち、回答か引用にあるものの割合（TREC RAGのAutoNuggetizerにならい、文字列で照合）",
            "Share of the points that an answer must make and makes, as strings (after TREC RAG's AutoNuggetizer)",
        ),
        "all_nuggets": Label(
            "要点の再現率（すべて）",
            "All nuggets",
            "すべての要点のうち、回答か引用にあるものの割合",
            "The same over all points",
        ),
        "intent_accuracy": Label(
            "質問の種類の判別",
            "Intent told right",
            "質問の種類（本文・全体・文献・雑談）が正しく判別された割合",
            "Share of questions taken for what they ask: passages, a whole document, sources, small talk",
        ),
        "answer_length": Label(
            "回答の長さ",
            "Answer length",
            "回答の文字数の平均",
            "Mean number of characters of an answer",
            "characters",
            None,
        ),
    },
    ("引用", "Citations"): {
        "citation_precision": Label(
            "引用の適合率",
            "Citation precision",
            "引用のうち、その箇所が根拠の文を含むものの割合（ALCEの意味で。Gao et al. 2023）",
            "Share of an answer's citations whose passage contains evidence (ALCE's sense, Gao et al. 2023)",
        ),
        "citation_recall": Label(
            "引用の再現率",
            "Citation recall",
            "根拠の文のうち引用されたものの割合（ALCEの意味で）",
            "Share of the evidence quotes that a cited passage contains (ALCE's sense)",
        ),
        "verbatim": Label(
            "原文どおりの引用",
            "Verbatim quotes",
            "示した位置に一字一句そのままある引用の割合",
            "Share of quotes that are word for word at the place named",
        ),
    },
    ("回答の保留", "Abstention"): {
        "abstention_precision": Label(
            "保留の適合率",
            "Abstention precision",
            "保留のうち本当に文書に答えがないものの割合",
            "Share of abstentions where the documents contain no answer",
        ),
        "abstention_recall": Label(
            "保留の再現率",
            "Abstention recall",
            "文書に答えがない質問のうち保留できた割合",
            "Share of unanswerable questions that were not answered",
        ),
        "abstention_f1": Label(
            "保留のF1", "Abstention F1", "上の二つの調和平均", "Harmonic mean of these two", "score"
        ),
        "refused_answerable": Label(
            "答えられるのに保留",
            "Answerable but refused",
            "文書に答えがあるのに保留した割合",
            "Share of answerable questions that were refused",
            "share",
            False,
        ),
    },
    ("確信度と時間", "Confidence and time"): {
        "ece": Label(
            "較正誤差 ECE",
            "Calibration error (ECE)",
            "確信度と正答率の差の平均（0がよい。10区間、Naeini et al. 2015）",
            "Mean gap between confidence and accuracy in ten bins; 0 is best (Naeini et al. 2015)",
            "score",
            False,
        ),
        "latency_p50": Label(
            "応答時間（中央値）",
            "Latency, median",
            "半分の質問はこれより速い",
            "Half of the questions are faster",
            "ms",
            False,
        ),
        "latency_p95": Label(
            "応答時間（95%）",
            "Latency, 95%",
            "95%の質問はこれより速い（最近順位法）",
            "95% are faster (nearest rank)",
            "ms",
            False,
        ),
        "latency_p99": Label(
            "応答時間（99%）", "Latency, 99%", "99%の質問はこれより速い", "99% are faster", "ms", False
        ),
        "latency_mean": Label("応答時間（平均）", "Latency, mean", "", "", "ms", False),
    },
}

METRIC_LABELS = {name: label for group in METRIC_GROUPS.values() for name, label in group.items()}
DEFINITIONS = {name: f"{label.en}: {label.en_note}" for name, label in METRIC_LABELS.items() if label.en_note}
"""The English explanation of each metric by its name, for metrics.json."""
