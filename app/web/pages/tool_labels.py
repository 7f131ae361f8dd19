"""The words of the source page's pictures and of the chat page's tools, in the four languages of the interface."""

TOOLS: dict[str, dict[str, str]] = {
    "ja": {
        "download": "PDFをダウンロード",
        "page_before": "前のページ",
        "page_after": "次のページ",
        "page_picture": "{page}ページの画像",
    },
    "en": {
        "download": "Download the PDF",
        "page_before": "Previous page",
        "page_after": "Next page",
        "page_picture": "Picture of page {page}",
    },
    "zh": {
        "download": "下载PDF",
        "page_before": "上一页",
        "page_after": "下一页",
        "page_picture": "第{page}页的图像",
    },
    "ko": {
        "download": "PDF 내려받기",
        "page_before": "이전 쪽",
        "page_after": "다음 쪽",
        "page_picture": "{page}쪽 그림",
    },
}
