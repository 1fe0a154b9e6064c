"""Which texts a word, a phrase or a prefix finds: technical words, paths, versions, and many scripts."""

import pytest

from tests.text.asking import matches

TEXTS = [
    "set val_loss to 0.23 with learning-rate 3e-4",
    "Upgraded to v1.2.3, see s3://bucket/data/train.parquet and /srv/user/exp/config.yaml",
    "BertForMaskedLM fine-tuning beats ResNet50 on fp16; lr=0.001",
    "深層学習モデルの学習率を下げた。机器学习模型 训练",
    "обучение модели сошлось быстрее, чем ожидалось. Ёлка и ещё",
    "Die Größe der Überanpassung wurde verringert; Lernrate gesenkt",
    "the loss of val data; rate of learning",
    "user's GPU ran CUDA_ERROR_OUT_OF_MEMORY at top-5 accuracy 0.9312",
    "see https://example.com/runs/42?tab=metrics and mail user@example.com",
    "learning rate schedule: cosine",
    "batchSize=64 and batch_size: 128, 学習 only",
]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("val_loss", {0}),
        ("val", {0, 6}),
        ("loss", {0, 6}),
        ("valloss", {0}),
        ("learning-rate", {0, 9}),
        ("learning_rate", {0, 9}),
        ("learning rate", {0, 6, 9}),
        ('"learning rate"', {0, 9}),
        ('"learning rate schedule"', {9}),
        ("v1.2.3", {1}),
        ("v1.2", {1}),
        ("3e-4", {0}),
        ("1e-4", set()),
        ("s3://bucket/data/train.parquet", {1}),
        ("train.parquet", {1}),
        ("parquet", {1}),
        ("/srv/user/exp/config.yaml", {1}),
        ("exp/config.yaml", {1}),
        ("bert", {2}),
        ("bertformaskedlm", {2}),
        ("resnet50", {2}),
        ("ResNet-50", {2}),
        ("fp16", {2}),
        ("0.001", {2}),
        ("lr=0.001", {2}),
        ("学習", {3, 10}),
        ('"学習モデル"', {3}),
        ("模型", {3}),
        ("率", {3}),
        ("学率", set()),
        ("модели", {4}),
        ("елка", {4}),
        ("ёлка", {4}),
        ('"обучение модели"', {4}),
        ("grosse", {5}),
        ("größe", {5}),
        ('"Größe der Überanpassung"', {5}),
        ("user", {1, 7, 8}),
        ("memory", {7}),
        ("CUDA_ERROR_OUT_OF_MEMORY", {7}),
        ('"out of memory"', {7}),
        ("top-5", {7}),
        ("example.com", {8}),
        ("user@example.com", {8}),
        ("batch_size", {10}),
        ("batchsize", {10}),
        ("learn*", {0, 6, 9}),
        ("val_lo*", {0}),
        ('"see s*"', {1}),
        ('"to v1.2.3, see"', {1}),
        ('"set val_loss to"', {0}),
        ('"loss val"', set()),
        ("0.9312", {7}),
        ("64", {10}),
    ],
)
def test_a_query_finds_exactly_these_texts(query: str, found: set[int]) -> None:
    assert {index for index, text in enumerate(TEXTS) if matches(query, text)} == found


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("🔥", "loss went 🔥🔥 today"),
        ("🔥", "🔥"),
        ("❤️", "I ❤ warmup"),
        ("❤", "I ❤️ warmup"),
        ("👍", "ok 👍🏽"),
        ("💻", "by 👩‍💻"),
        ("👩‍💻", "by 👩‍💻"),
        ("🇩🇪", "trained in 🇩🇪🇫🇷"),
        ("1️⃣", "step 1️⃣ done"),
        ("ガラス", "ｶﾞﾗｽ"),
        ("ｶﾞﾗｽ", "ガラス"),
        ("ＧＰＵ", "gpu"),
        ("gpu", "ＧＰＵ memory"),
        ("café", "cafe\u0301"),
        ("cafe", "CAFÉ"),
        ("istanbul", "İstanbul"),
        ("训练", "训练模型"),
        ("時々", "時々失敗する"),
        ("학습률", "학습률을 낮췄다"),
        ("learned", "learning"),
        ("losses", "the loss"),
        ("don't", "don't panic"),
        ("init", "__init__"),
        ("__init__", "init"),
        ("हिन्दी", "हिन्दी पाठ"),
        ("מודל", "מוֹדֵל"),
        ("моде́ли", "модели"),
        ("ΣΟΦΟΣ", "σοφος"),
        ("42", "step ٤٢"),
        ("-0.5", "offset -0.5"),
        ("+1e-3", "lr 1e-3"),
        ("learning*", "learnings"),
        ('"learning ra"*', "learning rate"),
    ],
)
def test_what_is_meant_alike_is_found(query: str, text: str) -> None:
    assert matches(query, text)


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("🔥", "💧"),
        ("lear", "learning"),
        ("happi*", "happy"),
        ('"learned"', "learning"),
        ("5", "-5"),
        ("学習", "学 習"),
        ("loss", "lossy_thing_lossless"),
        ("a.b", "b.a"),
        ("модел", "модели"),
    ],
)
def test_what_is_meant_otherwise_is_not_found(query: str, text: str) -> None:
    assert not matches(query, text)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("loss or schedule", {0, 6, 9}),
        ("loss not val_loss", {6}),
        ("not loss learning", {9}),
        ("(loss or schedule) not 0.23", {6, 9}),
        ("loss & rate", {0, 6}),
        ("loss or ->", {0, 6}),
        ("not & loss", {0, 6}),
        ("learning and RATE and set", {0}),
        ("() loss", {0, 6}),
        ("not not loss", {0, 6}),
    ],
)
def test_words_are_joined_as_the_query_says(query: str, found: set[int]) -> None:
    assert {index for index, text in enumerate(TEXTS) if matches(query, text)} == found
